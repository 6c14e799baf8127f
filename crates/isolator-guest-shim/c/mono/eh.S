# C++ exceptions: the runtime unwinds its interpreter with them, through exactly two functions. The pack has those in
# libmono-wasm-eh-wasm.a, in the encoding of exceptions that engines have given up since; here they are in the
# standard one (try_table, throw). That archive is not linked; the symbols are the ones it defines.
#
# The tag is the one that compiled code catches with, of C++ exceptions, which carry an address. Here it is nothing: the
# runtime keeps what it threw in its own thread data. The tag is not exported, so no other module can throw or catch with it.

	.globaltype	__stack_pointer, i32

	.section	.text.__cpp_exception,"",@
	.globl	__cpp_exception
	.tagtype	__cpp_exception i32
__cpp_exception:

# void mono_llvm_cpp_throw_exception (void)
#
# Unwinds to the innermost mono_llvm_cpp_catch_exception under way. Without one the engine reports an uncaught
# exception to the host.
	.section	.text.mono_llvm_cpp_throw_exception,"",@
	.globl	mono_llvm_cpp_throw_exception
	.type	mono_llvm_cpp_throw_exception,@function
mono_llvm_cpp_throw_exception:
	.functype	mono_llvm_cpp_throw_exception () -> ()
	i32.const	0
	throw	__cpp_exception
	end_function

# void mono_llvm_cpp_catch_exception (void (*function) (void *argument), void *argument, gboolean *thrown)
#
# Calls function (argument). *thrown becomes 1 if it threw, else 0. May be nested, and entered again from within
# function; an exception thrown by what the caller does next (a rethrow) goes to the next one out.
	.section	.text.mono_llvm_cpp_catch_exception,"",@
	.globl	mono_llvm_cpp_catch_exception
	.type	mono_llvm_cpp_catch_exception,@function
mono_llvm_cpp_catch_exception:
	.functype	mono_llvm_cpp_catch_exception (i32, i32, i32) -> ()
	.local	i32
	# The frames that are unwound never run their epilogues, so their stack is given back here.
	global.get	__stack_pointer
	local.set	3
	local.get	2
	i32.const	0
	i32.store	0
	block	i32
	try_table	(catch __cpp_exception 0)
	local.get	1
	local.get	0
	call_indirect	__indirect_function_table, (i32) -> ()
	end_try_table
	return
	end_block
	drop
	local.get	3
	global.set	__stack_pointer
	local.get	2
	i32.const	1
	i32.store	0
	end_function

# void mono_jiterp_begin_catch (void *exception), void mono_jiterp_end_catch (void)
#
# Called by code the jiterpreter compiled, around its own catch blocks: there they keep the C++ library's books about
# the exception object. Ours has no object, so there are no books.
	.section	.text.mono_jiterp_begin_catch,"",@
	.globl	mono_jiterp_begin_catch
	.type	mono_jiterp_begin_catch,@function
mono_jiterp_begin_catch:
	.functype	mono_jiterp_begin_catch (i32) -> ()
	end_function

	.section	.text.mono_jiterp_end_catch,"",@
	.globl	mono_jiterp_end_catch
	.type	mono_jiterp_end_catch,@function
mono_jiterp_end_catch:
	.functype	mono_jiterp_end_catch () -> ()
	end_function
