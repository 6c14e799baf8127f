// Internal calls that need another answer here than in a browser.
#include <stdint.h>

#include <mono/metadata/appdomain.h>
#include <mono/metadata/exception.h>
#include <mono/metadata/loader.h>
#include <mono/metadata/mono-gc.h>
#include <mono/metadata/object.h>

#include "bridge.h"
#include "collector.h"
#include "console.h"
#include "hashes.h"
#include "pointers.h"

// Without threads there is no finalizer thread to wait for, and the runtime's own answer is to return at once: a program
// that collects and then waits would see its finalizers run only after it ends. Replaced where it is defined: see waiting.c.
void __wrap_ves_icall_System_GC_WaitForPendingFinalizers(void) { mono_gc_invoke_finalizers(); }

static void *refuse(const char *why) {
  mono_set_pending_exception(
      mono_exception_from_name_msg(mono_get_corlib(), "System", "PlatformNotSupportedException", why));
  return NULL;
}

// Of a synchronized method a runtime with compiled code would look for such code alone.
void *__real_ves_icall_RuntimeMethodHandle_GetFunctionPointer_raw(MonoMethod *method);
void *__wrap_ves_icall_RuntimeMethodHandle_GetFunctionPointer_raw(MonoMethod *method) {
  enum { SYNCHRONIZED = 0x20 };
  uint32_t implementation = 0;
  if (!method) {
    mono_set_pending_exception(mono_exception_from_name_msg(mono_get_corlib(), "System", "ArgumentNullException", "Invalid handle."));
    return NULL;
  }
  mono_method_get_flags(method, &implementation);
  void *pointer = implementation & SYNCHRONIZED ? pointer_to_interpreted(method) : NULL;
  return pointer ? pointer : __real_ves_icall_RuntimeMethodHandle_GetFunctionPointer_raw(method);
}

// The runtime keeps the parameters of a method, and hands the same array to everybody who asks a constructor for them.
MonoArray *__real_ves_icall_System_Reflection_MonoMethodInfo_get_parameter_info_raw(MonoMethod *method, MonoObject *volatile *member);
MonoArray *__wrap_ves_icall_System_Reflection_MonoMethodInfo_get_parameter_info_raw(MonoMethod *method, MonoObject *volatile *member) {
  MonoArray *kept = __real_ves_icall_System_Reflection_MonoMethodInfo_get_parameter_info_raw(method, member);
  return kept && mono_array_length(kept) > 0 ? mono_array_clone(kept) : kept;
}

// The first thing that a request of HttpClient needs from a browser.
static void *no_http(void) {
  return refuse(
      "HttpClient cannot send this request: an isolated runtime has no network. Give HttpClient a message handler of the "
      "program's own, or call a function of the host that makes the request (DotNetIsolatorHost.InvokeAsync).");
}

// The first thing that anything implemented in JavaScript needs: JSImport, ClientWebSocket.
static void *no_script(void *signature) {
  (void)signature;
  return refuse(
      "This needs what an isolated runtime has not: sockets, without which there are no WebSockets, or the functions of a "
      "browser. HTTP requests are there, where the host grants them (HttpClient); for anything else call a function of the "
      "host (DotNetIsolatorHost.InvokeAsync).");
}

// TLS and Kerberos over a stream of the program's own.
static void no_secure_stream(void *self, void *inner, MonoBoolean leave_open) {
  (void)self, (void)inner, (void)leave_open;
  refuse(
      "An isolated runtime has no TLS and no Kerberos of its own. HttpClient works, where the host grants it: the host encrypts.");
}

static void no_ssl_stream(void *self, void *inner, MonoBoolean leave_open, void *validates, void *selects, int32_t policy) {
  (void)validates, (void)selects, (void)policy;
  no_secure_stream(self, inner, leave_open);
}

// Whether `SocketsHttpHandler` works.
static MonoBoolean sockets_handler_works(void) { return 1; }

static MonoBoolean locking_is_not_disabled(void) { return 0; }

static void no_debugger(MonoString *message) { (void)message; }

void icalls_register(void) {
  mono_add_internal_call("Microsoft.Win32.SafeHandles.SafeFileHandle::get_DisableFileLocking", locking_is_not_disabled);
  mono_add_internal_call("System.Diagnostics.DebugProvider::WriteToDebugger", no_debugger);
  collector_register();
  hashes_register();
  mono_add_internal_call("System.Net.Http.BrowserHttpInterop::CreateController", no_http);
  mono_add_internal_call("System.Net.Http.SocketsHttpHandler::get_IsSupported", sockets_handler_works);
  mono_add_internal_call("System.Net.Security.SslStream::.ctor", no_ssl_stream);
  mono_add_internal_call("System.Net.Security.NegotiateStream::.ctor", no_secure_stream);
  mono_add_internal_call("Interop/Runtime::BindJSImportST", no_script);
}
