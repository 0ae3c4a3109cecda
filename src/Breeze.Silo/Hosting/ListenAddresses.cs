using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Breeze.Silo.Hosting;

/// <summary>The URLs of the API: loopback, or TLS, or an explicit word that plain HTTP is meant.</summary>
internal static class ListenAddresses
{
    public static string? Contradiction(SiloSettings settings)
    {
        foreach (var url in Urls(settings))
        {
            if (!Uri.TryCreate(url.Replace("://*", "://0.0.0.0", StringComparison.Ordinal).Replace("://+", "://0.0.0.0", StringComparison.Ordinal),
                UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
            {
                return $"urls must be http or https URLs separated by semicolons; '{url}' is not one.";
            }

            if (address.Scheme == "https" && settings.Http.Certificate is null)
            {
                return $"urls has {url}, so http.certificate must name a certificate.";
            }

            if (address.Scheme == "http" && !IsLoopback(address) && !settings.Http.AllowPlainHttp)
            {
                return $"urls has {url}, which is plain HTTP beyond this machine: use https, or set http.allowPlainHttp behind a TLS proxy.";
            }
        }

        return Urls(settings).Length == 0 ? "urls must name at least one URL." : null;
    }

    public static string[] Urls(SiloSettings settings) =>
        settings.Urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>The certificate of https URLs; null when none is configured.</summary>
    public static X509Certificate2? Certificate(HttpSettings http)
    {
        if (http.Certificate is null)
        {
            return null;
        }

        try
        {
            if (X509Certificate2.GetCertContentType(http.Certificate) == X509ContentType.Pfx)
            {
                return X509CertificateLoader.LoadPkcs12FromFile(http.Certificate, http.CertificatePassword);
            }

            return http.CertificatePassword is { } password
                ? X509Certificate2.CreateFromEncryptedPemFile(http.Certificate, password, http.CertificateKey)
                : X509Certificate2.CreateFromPemFile(http.Certificate, http.CertificateKey);
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new StartRefusedException($"http.certificate names {http.Certificate}, which cannot be used: {e.Message}", e);
        }
    }

    private static bool IsLoopback(Uri address) =>
        address.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(address.Host.Trim('[', ']'), out var ip) && IPAddress.IsLoopback(ip));
}
