using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Linq;
using System.Net;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Runtime.InteropServices;
using System.Runtime.CompilerServices;

namespace Training.Surroundings;

/// <summary>What programs ask about themselves and their surroundings, and addresses.</summary>
internal static class Diagnostics
{
    public static void All(Checksum sum)
    {
        using ActivitySource source = new("training");
        using ActivityListener listener = new() { ShouldListenTo = _ => true, Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData, ActivityStopped = a => sum.Add(a.OperationName) };
        ActivitySource.AddActivityListener(listener);
        using (Activity? activity = source.StartActivity("work"))
        {
            activity?.SetTag("k", 1).AddEvent(new("event"));
            sum.Add(activity?.TagObjects.Count());
        }

        using Meter meter = new("training");
        Counter<long> counter = meter.CreateCounter<long>("count");
        Histogram<double> histogram = meter.CreateHistogram<double>("times");
        using MeterListener meters = new() { InstrumentPublished = (instrument, all) => { if (instrument.Meter.Name == "training") { all.EnableMeasurementEvents(instrument); } } };
        meters.SetMeasurementEventCallback<long>((instrument, value, tags, _) => sum.Add($"{instrument.Name} {value} {tags.Length}"));
        meters.SetMeasurementEventCallback<double>((instrument, value, _, _) => sum.Add($"{instrument.Name} {value}"));
        meters.Start();
        counter.Add(5, new KeyValuePair<string, object?>("tag", "x"));
        histogram.Record(2.5);
        Trace.WriteLine("traced");
        Debug.WriteLine("debugged");
        using DiagnosticListener diagnostic = new("training");
        sum.Add(diagnostic.IsEnabled("x"));
        sum.Add(new StackTrace(new InvalidOperationException("x")).FrameCount);
    }

    public static void Surroundings(Checksum sum)
    {
        Environment.SetEnvironmentVariable("TRAINING_X", "1");
        sum.Add(Environment.GetEnvironmentVariable("TRAINING_X"));
        sum.Add(Environment.GetEnvironmentVariables().Contains("TRAINING_X"));
        sum.Add(Environment.ExpandEnvironmentVariables("<%TRAINING_X%>"));
        sum.Add(Environment.NewLine.Length + Environment.GetCommandLineArgs().Length.CompareTo(-1));
        sum.Add(Environment.ProcessorCount > 0 && Environment.CurrentDirectory.Length > 0 && Environment.Version.Major >= 10);
        sum.Add(RuntimeInformation.FrameworkDescription.Length > 0 && RuntimeInformation.OSDescription.Length > 0);
        sum.Add(AppContext.TryGetSwitch("no.switch", out _));
        sum.Add(AppContext.BaseDirectory.Length > 0 && AppDomain.CurrentDomain.FriendlyName.Length > 0);
        GC.Collect();
        sum.Add(GC.CollectionCount(0) > 0 && GC.GetTotalMemory(false) > 0 && GC.MaxGeneration >= 0 && GC.GetGCMemoryInfo().HeapSizeBytes >= 0);
        IntPtr memory = Marshal.AllocHGlobal(16);
        Marshal.WriteInt32(memory, 5);
        sum.Add(Marshal.ReadInt32(memory));
        Marshal.FreeHGlobal(memory);
        GCHandle handle = GCHandle.Alloc(new byte[4], GCHandleType.Pinned);
        sum.Add(handle.AddrOfPinnedObject() != 0);
        handle.Free();
        sum.Add(Unsafe.SizeOf<Guid>() + Marshal.SizeOf<long>() + Unsafe.As<int, uint>(ref Unsafe.AsRef(in s_number)));
        ConditionalWeakTable<object, string> table = [];
        object key = new();
        table.Add(key, "v");
        sum.Add(table.TryGetValue(key, out string? value) ? value : "");
    }

    private static readonly int s_number = 5;

    public static void Addresses(Checksum sum)
    {
        Uri uri = new("https://user@example.com:8443/path/to%20x?q=1&r=a%2Fb#part");
        sum.Add($"{uri.Scheme} {uri.Host} {uri.Port} {uri.AbsolutePath} {uri.Query} {uri.Fragment} {uri.UserInfo} {uri}");
        sum.Add(new Uri(uri, "../other?x").AbsoluteUri);
        sum.Add(Uri.TryCreate("not a uri", UriKind.Absolute, out _));
        sum.Add(new UriBuilder(uri) { Path = "p", Query = "a=b" }.Uri.PathAndQuery);
        sum.AddAll(uri.Segments);
        sum.Add(uri.MakeRelativeUri(new Uri("https://user@example.com:8443/path/z")));
        sum.Add(IPAddress.Parse("192.168.1.1").GetAddressBytes().Length + IPAddress.Parse("::1").ToString().Length);
        sum.Add(IPEndPoint.Parse("10.0.0.1:80").Port + (IPNetwork.Parse("10.0.0.0/8").Contains(IPAddress.Parse("10.2.3.4")) ? 1 : 0));
        HttpRequestMessage request = new(HttpMethod.Post, uri) { Content = new StringContent("{}", System.Text.Encoding.UTF8, "application/json") };
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/html", 0.5));
        request.Headers.Add("X-Own", ["a", "b"]);
        sum.Add(string.Join(";", request.Headers.Select(h => h.Key + string.Join(",", h.Value))));
        sum.Add(request.Content.Headers.ContentType);
        using HttpResponseMessage response = new(HttpStatusCode.NotFound) { ReasonPhrase = "no" };
        sum.AddThrown(() => response.EnsureSuccessStatusCode());
        sum.Add(AuthenticationHeaderValue.Parse("Bearer abc").Parameter);
        sum.Add(CacheControlHeaderValue.Parse("max-age=5, no-cache").MaxAge);
        CookieContainer cookies = new();
        cookies.SetCookies(uri, "a=1; path=/");
        sum.Add(cookies.GetCookieHeader(uri));
        sum.Add(System.Web.HttpUtility.ParseQueryString(uri.Query)["r"]);
    }
}
