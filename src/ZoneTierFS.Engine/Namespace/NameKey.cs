namespace ZoneTierFS.Engine.Namespace;

/// <summary>
/// Low keys of items that are found by name: 55 bits of a hash, then 8 bits that tell names of equal hash apart. As a number it is positive as a signed
/// 64-bit value and at least 256, so that it serves as a listing's cookie.
/// </summary>
internal static class NameKey
{
    public const int SlotsMax = 256;

    /// <summary>The key of slot 0; the others follow.</summary>
    public static ulong First(ReadOnlySpan<byte> name)
    {
        // FNV-1a, then the finalizer of MurmurHash3, because the keys are taken from the high bits.
        var hash = 0xCBF29CE484222325ul;
        foreach (var b in name) hash = (hash ^ b) * 0x100000001B3ul;
        hash ^= hash >> 33;
        hash *= 0xFF51AFD7ED558CCDul;
        hash ^= hash >> 33;
        hash *= 0xC4CEB9FE1A85EC53ul;
        hash ^= hash >> 33;
        return Math.Max(hash >> 9, 1) << 8;
    }
}
