// What .NET's console asks, answered as where input and output are redirected. The browser's console has no input and
// refuses what only a terminal can do; `patches.rs` makes internal calls of what must not be refused.
#include "console.h"

#include <mono/metadata/appdomain.h>
#include <mono/metadata/class.h>
#include <mono/metadata/exception.h>
#include <mono/metadata/loader.h>
#include <mono/metadata/object.h>

#include "bridge.h"

// X(C name, managed name): methods of Isolator.Runtime.Hosting.StandardInput without parameters.
#define ANSWERS(X)                                                                                                    \
  X(stream, "OpenStream")                                                                                             \
  X(reader, "GetReader")                                                                                              \
  X(encoding, "GetEncoding")                                                                                          \
  X(signal, "RegisterSignal")                                                                                         \
  X(key, "ReadKey")                                                                                                   \
  X(key_available, "IsKeyAvailable")

enum answer {
#define X(name, managed) ANSWER_##name,
  ANSWERS(X)
#undef X
  ANSWER_COUNT
};

static MonoMethod *answers[ANSWER_COUNT];

static MonoObject *ask(enum answer answer) {
  if (!answers[answer]) isolator_panic("the runtime used its console while it booted");
  MonoObject *volatile exception = NULL;
  MonoObject *result = mono_runtime_invoke(answers[answer], NULL, NULL, (MonoObject **)&exception);
  if (!exception) return result;
  mono_set_pending_exception((MonoException *)exception);
  return NULL;
}

static MonoObject *open_input(void) { return ask(ANSWER_stream); }
static MonoObject *get_reader(void) { return ask(ANSWER_reader); }
static MonoObject *get_encoding(void) { return ask(ANSWER_encoding); }

static MonoObject *register_signal(int32_t signal, MonoObject *handler) {
  (void)signal;
  (void)handler;
  return ask(ANSWER_signal);
}

// Standard streams are never a terminal here, and .NET then leaves terminals alone: what was set is remembered, the cursor does not
// move, and sizes are those of a terminal that does not say.
enum { UNKNOWN_COLOR = -1, COLORS = 16, COLUMNS = 80, LINES = 24, CURSOR_SIZE = 100 };

static int32_t foreground = UNKNOWN_COLOR, background = UNKNOWN_COLOR;

static MonoBoolean redirected(void) { return 1; }
static int32_t get_foreground(void) { return foreground; }
static int32_t get_background(void) { return background; }

static void set_color(int32_t *color, int32_t value) {
  if (value < 0 || value >= COLORS) {
    mono_set_pending_exception(mono_exception_from_name_msg(
        mono_get_corlib(), "System", "ArgumentException", "The ConsoleColor enum value was not defined on that enum. Please use a defined color from the enum."));
    return;
  }
  *color = value;
}

static void set_foreground(int32_t value) { set_color(&foreground, value); }
static void set_background(int32_t value) { set_color(&background, value); }
static void reset_color(void) { foreground = background = UNKNOWN_COLOR; }
static int32_t width(void) { return COLUMNS; }
static int32_t height(void) { return LINES; }
static int32_t cursor_size(void) { return CURSOR_SIZE; }
static int32_t at_start(void) { return 0; }
static MonoBoolean no(void) { return 0; }
static void clear(void) {}
static void take_numbers(int32_t first, int32_t second) { (void)first, (void)second; }
static void take_flag(MonoBoolean value) { (void)value; }
static void take_object(MonoObject *value) { (void)value; }

void set_pending_invalid(const char *why) {
  mono_set_pending_exception(mono_exception_from_name_msg(mono_get_corlib(), "System", "InvalidOperationException", why));
}

// `ConsoleKeyInfo`.
struct key_info {
  uint16_t character;
  int32_t key;
  int32_t modifiers;
};

// Keys are what standard input has, see Keys.cs. Where that has nothing more there is no console, as where nothing was granted.
static void read_key(struct key_info *key, MonoBoolean intercept) {
  (void)intercept;
  MonoObject *packed = ask(ANSWER_key);
  if (packed) {
    uint64_t value = *(uint64_t *)mono_object_unbox(packed);
    *key = (struct key_info){.character = (uint16_t)value, .key = (uint16_t)(value >> 16), .modifiers = (int32_t)(value >> 32)};
  } else {
    set_pending_invalid("Cannot read keys when either application does not have a console or when console input has been redirected. Try Console.Read.");
  }
}

static MonoBoolean key_available(void) {
  MonoObject *is = ask(ANSWER_key_available);
  if (is) return *(MonoBoolean *)mono_object_unbox(is);
  set_pending_invalid("Cannot see if a key has been pressed when either application does not have a console or when console input has been redirected from a file. Try Console.In.Peek.");
  return 0;
}

static void cursor_position(int32_t position[2]) { position[0] = position[1] = 0; }

void console_register(void) {
  mono_add_internal_call("System.ConsolePal::ReadKey", read_key);
  mono_add_internal_call("System.Console::get_KeyAvailable", key_available);
  mono_add_internal_call("System.ConsolePal::GetCursorPosition", cursor_position);
  mono_add_internal_call("System.ConsolePal::Beep", clear);
  mono_add_internal_call("System.ConsolePal::Clear", clear);
  mono_add_internal_call("System.ConsolePal::OpenStandardInput", open_input);
  mono_add_internal_call("System.ConsolePal::GetOrCreateReader", get_reader);
  mono_add_internal_call("System.ConsolePal::get_InputEncoding", get_encoding);
  // UTF-8 whatever is asked for, as the stream of bytes is what the host sends.
  mono_add_internal_call("System.ConsolePal::SetConsoleInputEncoding", take_object);
  mono_add_internal_call("System.Console::get_IsInputRedirected", redirected);
  mono_add_internal_call("System.Console::get_IsOutputRedirected", redirected);
  mono_add_internal_call("System.Console::get_IsErrorRedirected", redirected);
  mono_add_internal_call("System.ConsolePal::get_ForegroundColor", get_foreground);
  mono_add_internal_call("System.ConsolePal::set_ForegroundColor", set_foreground);
  mono_add_internal_call("System.ConsolePal::get_BackgroundColor", get_background);
  mono_add_internal_call("System.ConsolePal::set_BackgroundColor", set_background);
  mono_add_internal_call("System.ConsolePal::ResetColor", reset_color);
  mono_add_internal_call("System.ConsolePal::set_Title", take_object);
  mono_add_internal_call("System.ConsolePal::set_CursorVisible", take_flag);
  mono_add_internal_call("System.ConsolePal::SetCursorPosition", take_numbers);
  mono_add_internal_call("System.ConsolePal::get_WindowWidth", width);
  mono_add_internal_call("System.ConsolePal::get_WindowHeight", height);
  mono_add_internal_call("System.ConsolePal::get_BufferWidth", width);
  mono_add_internal_call("System.ConsolePal::get_BufferHeight", height);
  mono_add_internal_call("System.ConsolePal::get_LargestWindowWidth", width);
  mono_add_internal_call("System.ConsolePal::get_LargestWindowHeight", height);
  mono_add_internal_call("System.ConsolePal::get_CursorSize", cursor_size);
  mono_add_internal_call("System.ConsolePal::get_TreatControlCAsInput", no);
  mono_add_internal_call("System.ConsolePal::set_TreatControlCAsInput", take_flag);
  mono_add_internal_call("System.Console::get_CursorLeft", at_start);
  mono_add_internal_call("System.Console::get_CursorTop", at_start);
  mono_add_internal_call("System.Runtime.InteropServices.PosixSignalRegistration::Register", register_signal);
}

void console_bind(MonoImage *image) {
  MonoClass *owner = mono_class_from_name(image, "Isolator.Runtime.Hosting", "StandardInput");
  if (!owner) isolator_panic("Isolator.Runtime.dll has no class Isolator.Runtime.Hosting.StandardInput");
#define X(name, managed)                                                                                              \
  answers[ANSWER_##name] = mono_class_get_method_from_name(owner, managed, 0);                                         \
  if (!answers[ANSWER_##name]) isolator_panic("Isolator.Runtime.Hosting.StandardInput has no method %s()", managed);
  ANSWERS(X)
#undef X
}
