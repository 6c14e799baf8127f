using System;
using DotNetIsolator;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registration of <see cref="IsolatedRuntimeHost"/> as a service.</summary>
public static class IsolatorServiceCollectionExtensions
{
    /// <summary>
    /// Registers one <see cref="IsolatedRuntimeHost"/> for the application, which logs to the application's log. Runtimes are made with it where
    /// they are needed: <c>new IsolatedRuntime(host)</c>.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Changes the host's options.</param>
    /// <param name="loaders">Says where assemblies come from; null: the application's own folder.</param>
    /// <returns>The services.</returns>
    public static IServiceCollection AddIsolatedRuntimeHost(
        this IServiceCollection services,
        Action<IsolatedRuntimeHostOptions>? configure = null,
        Action<IsolatedRuntimeHost>? loaders = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddSingleton(provider =>
        {
            IsolatedRuntimeHostOptions options = new()
            {
                Logger = provider.GetService<ILoggerFactory>()?.CreateLogger<IsolatedRuntimeHost>(),
            };
            configure?.Invoke(options);
            IsolatedRuntimeHost host = new(options);
            if (loaders is null)
            {
                return host.WithBinDirectoryAssemblyLoader();
            }

            loaders(host);
            return host;
        });
        return services;
    }
}
