# Saturating subtractions of vectors: intrinsics of the LLVM in Mono's compiler that clang's has renamed, and so takes for functions.

	.macro	saturating name, instruction
	.section	.text.\name,"",@
	.hidden	\name
	.globl	\name
	.type	\name,@function
\name:
	.functype	\name (v128, v128) -> (v128)
	local.get	0
	local.get	1
	\instruction
	end_function
	.endm

	saturating	llvm.wasm.sub.sat.signed.v16i8, i8x16.sub_sat_s
	saturating	llvm.wasm.sub.sat.unsigned.v16i8, i8x16.sub_sat_u
	saturating	llvm.wasm.sub.sat.signed.v8i16, i16x8.sub_sat_s
	saturating	llvm.wasm.sub.sat.unsigned.v8i16, i16x8.sub_sat_u
