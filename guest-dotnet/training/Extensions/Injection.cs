using System;
using System.Collections.Generic;
using System.Linq;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Training.Extensions;

/// <summary>Services, logs, options: what programs of today are put together with.</summary>
internal static partial class Injection
{
    private interface IClock
    {
        DateTime Now { get; }
    }

    public static void Services(Checksum sum)
    {
        ServiceCollection services = new();
        services.AddSingleton<IClock, Clock>();
        services.AddScoped<Session>();
        services.AddTransient<Worker>();
        services.AddSingleton(typeof(Store<>));
        services.AddKeyedSingleton("key", new Options { Name = "keyed" });
        services.AddSingleton<Func<int>>(_ => () => 5);
        services.AddSingleton<IClock>(new Clock());
        using ServiceProvider provider = services.BuildServiceProvider(new ServiceProviderOptions { ValidateScopes = true, ValidateOnBuild = true });
        sum.Add(provider.GetRequiredService<Worker>().Work());
        sum.Add(provider.GetServices<IClock>().Count());
        sum.Add(provider.GetRequiredKeyedService<Options>("key").Name);
        sum.Add(provider.GetService<string>() is null);
        sum.Add(provider.GetRequiredService<Store<int>>().Values.Count + provider.GetRequiredService<Store<string>>().Values.Count);
        using (IServiceScope scope = provider.CreateScope())
        {
            sum.Add(ReferenceEquals(scope.ServiceProvider.GetRequiredService<Session>(), scope.ServiceProvider.GetRequiredService<Session>()));
        }

        sum.AddThrown(() => provider.GetRequiredService<Version>());
        sum.Add(ActivatorUtilities.CreateInstance<Greeter>(provider, "hello").Greet());
    }

    public static void Logs(Checksum sum)
    {
        ServiceCollection services = new();
        services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Debug).AddProvider(new Collector(sum)).AddFilter("Quiet", LogLevel.Error));
        using ServiceProvider provider = services.BuildServiceProvider();
        ILogger<Worker> logger = provider.GetRequiredService<ILogger<Worker>>();
        logger.LogInformation("plain");
        logger.LogWarning("order {Id} of {Name} costs {Price:F2}", 5, "Anna", 12.5m);
        logger.LogError(new InvalidOperationException("x"), "failed with {Code}", 7L);
        logger.LogTrace("not seen {A}", 1);
        logger.LogDebug(new EventId(3, "event"), "debug {When}", Types.Time(1));
        using (logger.BeginScope("scope {S}", 1))
        {
            LogGenerated(logger, 5, "generated");
        }

        ILogger quiet = provider.GetRequiredService<ILoggerFactory>().CreateLogger("Quiet");
        quiet.LogWarning("not seen");
        sum.Add(quiet.IsEnabled(LogLevel.Critical));
        LoggerMessage.Define<int, string>(LogLevel.Information, 1, "defined {A} {B}")(logger, 1, "b", null);
    }

    public static void Settings(Checksum sum)
    {
        IConfigurationRoot configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(new Dictionary<string, string?> { ["Options:Name"] = "configured", ["Options:Count"] = "5", ["Options:List:0"] = "a", ["Options:List:1"] = "b", ["Options:At"] = "2024-01-02" })
            .Build();
        sum.Add(configuration["Options:Name"]);
        sum.Add(configuration.GetSection("Options").GetChildren().Count());
        sum.Add(configuration.GetValue<int>("Options:Count"));
        ServiceCollection services = new();
        services.AddSingleton<IConfiguration>(configuration);
        services.AddOptions<Options>().Configure(o => configuration.GetSection("Options").Bind(o)).Validate(o => o.Count > 0).PostConfigure(o => o.Count++);
        using ServiceProvider provider = services.BuildServiceProvider();
        Options options = provider.GetRequiredService<IOptions<Options>>().Value;
        sum.Add($"{options.Name} {options.Count} {string.Join(',', options.List)} {options.At:yyyy}");
        sum.Add(provider.GetRequiredService<IOptionsMonitor<Options>>().CurrentValue.Name);
        sum.Add(configuration.GetSection("Options").Get<Options>()!.Count);
    }

    [LoggerMessage(EventId = 9, Level = LogLevel.Information, Message = "made {Number} {Text}")]
    private static partial void LogGenerated(ILogger logger, int number, string text);

    private sealed class Options
    {
        public string Name { get; set; } = "";

        public int Count { get; set; }

        public List<string> List { get; set; } = [];

        public DateTime At { get; set; }
    }

    private sealed class Clock : IClock
    {
        public DateTime Now => Types.Time(1);
    }

    private sealed class Session : IDisposable
    {
        public void Dispose()
        {
        }
    }

    private sealed class Store<T>
    {
        public List<T> Values { get; } = [];
    }

    private sealed class Worker(IClock clock, IEnumerable<IClock> all, Func<int> number)
    {
        public string Work() => $"{clock.Now:O} {all.Count()} {number()}";
    }

    private sealed class Greeter(IClock clock, string word)
    {
        public string Greet() => word + clock.Now.Year;
    }

    private sealed class Collector(Checksum sum) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public void Dispose()
        {
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            sum.Add($"{logLevel} {eventId} {formatter(state, exception)} {exception?.GetType().Name}");
            if (state is IReadOnlyList<KeyValuePair<string, object?>> values)
            {
                sum.AddAll(values);
            }
        }
    }
}
