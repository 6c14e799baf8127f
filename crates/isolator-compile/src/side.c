// What compiled code wants of a C++ runtime where it catches, as in the guest: there is one tag and one kind of exception, and the runtime
// keeps what was thrown. So every landing pad is entered for every exception, and asks the runtime whether it is for it.

struct {
  unsigned index;
  void *data;
  unsigned selector;
} __wasm_lpad_context;

// The type that is caught: only its address counts.
char _ZTIPi;

int _Unwind_CallPersonality(void *exception) {
  (void)exception;
  __wasm_lpad_context.selector = 1;
  return 0;
}

// The compiler gives each module a weak one, which the linker would import to let another module's win.
extern int mono_polling_required;
void aot_wrapper_icall_mono_threads_state_poll(void);
__attribute__((visibility("hidden"))) void poll(void) __asm__("gc.safepoint_poll");
void poll(void) {
  if (mono_polling_required) aot_wrapper_icall_mono_threads_state_poll();
}
