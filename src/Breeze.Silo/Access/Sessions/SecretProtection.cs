using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.DataProtection;

namespace Breeze.Silo.Access.Sessions;

/// <summary>Seals what a browser carries through the issuer's sign-in, with a key made of the client's secret.</summary>
/// <remarks>
/// ASP.NET's own key ring lies in one silo's directory. AES-256-GCM; HKDF gives each purpose its key. A sealed text lives for the minutes of one flow,
/// so random nonces do.
/// </remarks>
internal sealed class SecretProtection : IDataProtectionProvider, IDataProtector
{
    private const int NonceBytes = 12;
    private const int TagBytes = 16;
    private readonly byte[] _key;

    public SecretProtection(string secret)
        : this(HKDF.Extract(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(secret), "breeze oidc"u8.ToArray()))
    {
    }

    private SecretProtection(byte[] key) => _key = key;

    public IDataProtector CreateProtector(string purpose) =>
        new SecretProtection(HKDF.Expand(HashAlgorithmName.SHA256, _key, _key.Length, Encoding.UTF8.GetBytes(purpose)));

    public byte[] Protect(byte[] plaintext)
    {
        var sealedText = new byte[NonceBytes + TagBytes + plaintext.Length];
        var (nonce, tag, text) = Parts(sealedText);
        RandomNumberGenerator.Fill(nonce.Span);
        using var aes = new AesGcm(_key, TagBytes);
        aes.Encrypt(nonce.Span, plaintext, text.Span, tag.Span);
        return sealedText;
    }

    /// <exception cref="CryptographicException">It was not sealed with this secret for this purpose, or was changed.</exception>
    public byte[] Unprotect(byte[] protectedData)
    {
        if (protectedData.Length < NonceBytes + TagBytes)
        {
            throw new CryptographicException("The sealed text is too short.");
        }

        var (nonce, tag, text) = Parts(protectedData);
        var plaintext = new byte[text.Length];
        using var aes = new AesGcm(_key, TagBytes);
        aes.Decrypt(nonce.Span, text.Span, tag.Span, plaintext);
        return plaintext;
    }

    private static (Memory<byte> Nonce, Memory<byte> Tag, Memory<byte> Text) Parts(byte[] bytes) =>
        (bytes.AsMemory(0, NonceBytes), bytes.AsMemory(NonceBytes, TagBytes), bytes.AsMemory(NonceBytes + TagBytes));
}
