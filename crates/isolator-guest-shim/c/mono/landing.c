// What compiled code wants of a C++ runtime where it catches. There is one tag and one kind of exception, and the runtime
// keeps what was thrown: so every landing pad is entered for every exception, and asks the runtime whether it is for it.

// Where a landing pad looks for which of a function's it is, and for what was decided.
struct {
  unsigned index;
  void *data;
  unsigned selector;
} __wasm_lpad_context;

int _Unwind_CallPersonality(void *exception) {
  (void)exception;
  __wasm_lpad_context.selector = 1;
  return 0;
}
