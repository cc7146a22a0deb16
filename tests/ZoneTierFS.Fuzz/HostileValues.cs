namespace ZoneTierFS.Fuzz;

/// <summary>Numbers and names for requests: about half of them right, the others as wrong as they come.</summary>
internal sealed class HostileValues(Random random, KnownIds known)
{
    private const int ShortNames = 24;
    private const int NameBytesMax = 4096;

    private static readonly ulong[] s_edges =
    [
        0, 1, 2, 4095, 4096, 4097, 1 << 20, int.MaxValue, 1u << 31, uint.MaxValue, 1ul << 32, (1ul << 52) - 4096, (1ul << 52) - 1, 1ul << 52,
        long.MaxValue - 4096, long.MaxValue - 1, long.MaxValue, 1ul << 63, ulong.MaxValue - 4096, ulong.MaxValue - 1, ulong.MaxValue,
    ];

    private static readonly string[] s_xattrNames =
    [
        "user.a", "user.b", "user.c", "user.ztfs.class", "user.ztfs.pin", "user.ztfs.warm", "user.ztfs.evict", "user.ztfs.explain", "user.ztfs.status",
        "user.ztfs.extents", "user.ztfs.", "user.", "security.capability", "security.selinux", "system.posix_acl_access", "system.posix_acl_default",
        "trusted.overlay.opaque", "no-namespace",
    ];

    private static readonly string[] s_xattrValues = ["kv", "weights", "scratch", "tlc", "qlc", "1", "0", "", "none", "  tlc  "];

    private readonly byte[] _name = new byte[NameBytesMax + 1];
    private readonly byte[] _value = new byte[64];

    public bool Chance(int oneIn) => random.Next(oneIn) == 0;

    public ulong Number() => random.Next(4) switch
    {
        0 => s_edges[random.Next(s_edges.Length)],
        1 => s_edges[random.Next(s_edges.Length)] + (ulong)random.Next(-4097, 4097),
        2 => (ulong)random.Next(1 << 16),
        _ => (ulong)random.NextInt64(long.MinValue, long.MaxValue),
    };

    public uint Bits() => random.Next(3) switch { 0 => uint.MaxValue, 1 => 1u << random.Next(32), _ => (uint)random.NextInt64(1L << 32) };

    public ulong Directory() => Chance(8) ? Inode() : known.Pick(known.Directories);

    public ulong File() => Chance(8) ? Inode() : known.Pick(known.Files);

    /// <summary>An inode of any kind, or none at all.</summary>
    public ulong Inode() => random.Next(6) switch
    {
        0 => known.Pick(known.Directories),
        1 or 2 => known.Pick(known.Files),
        3 => known.Pick(known.Others),
        4 => (ulong)random.Next(200),
        _ => Number(),
    };

    /// <summary>An open file: mostly a handle with its own inode, else one of another inode, a closed or an invented one.</summary>
    public (ulong Inode, ulong Handle) OpenFile()
    {
        if (known.Open.Count == 0)
            return (File(), Number());
        var open = known.Open[random.Next(known.Open.Count)];
        return random.Next(16) switch
        {
            0 => (open.Inode, known.Closed),
            1 => (Inode(), open.Handle),
            2 => (open.Inode, Number()),
            _ => open,
        };
    }

    /// <summary>A position in a file: mostly near its beginning, where other requests wrote; some further on, or no volume would ever be full.</summary>
    public ulong Offset() => random.Next(15) switch
    {
        < 3 => Number(),
        < 7 => (ulong)random.Next(64) * 4096,
        < 9 => (ulong)random.Next(8 << 20),
        _ => (ulong)random.Next(300_000),
    };

    /// <summary>A length: mostly one that a kernel would send.</summary>
    public uint Size() => random.Next(8) switch
    {
        0 => (uint)Number(),
        1 => 1 << 20,
        2 or 3 => 4096,
        _ => (uint)random.Next(70_000),
    };

    /// <summary>Times around now, and such that no clock shows.</summary>
    public long Seconds() => Chance(2) ? 1_700_000_000 + random.Next() : (long)Number();

    /// <summary>Type and permission bits: mostly of a type that exists.</summary>
    public uint Mode(uint type) => Chance(6) ? Bits() : type | (uint)random.Next(0x1000);

    /// <summary>Permission bits that a creator withholds: mostly what a shell sets.</summary>
    public uint Umask() => Chance(3) ? Bits() : 0x12;

    public ReadOnlySpan<byte> Name()
    {
        if (!Chance(6))
            return Ascii($"n{random.Next(ShortNames)}", _name);
        switch (random.Next(9))
        {
            case 0: return [];
            case 1: return "."u8;
            case 2: return ".."u8;
            case 3: return "with/slash"u8;
            case 4: return "with\0zero"u8;
            case 5: return Filled(255);
            case 6: return Filled(256);
            case 7: return Filled(NameBytesMax);
            default:
                var name = _name.AsSpan(0, random.Next(1, 300));
                random.NextBytes(name);
                return name;
        }
    }

    public ReadOnlySpan<byte> XattrName() => Chance(5) ? Name() : Ascii(s_xattrNames[random.Next(s_xattrNames.Length)], _name);

    public ReadOnlySpan<byte> XattrValue(ReadOnlySpan<byte> noise) => random.Next(8) switch
    {
        0 => noise[..65536],
        1 => noise[..65537],
        2 => noise[..random.Next(65536)],
        3 or 4 => noise[..random.Next(200)],
        _ => Ascii(s_xattrValues[random.Next(s_xattrValues.Length)], _value),
    };

    private ReadOnlySpan<byte> Filled(int length)
    {
        _name.AsSpan(0, length).Fill((byte)random.Next(1, 256));
        return _name.AsSpan(0, length);
    }

    private static ReadOnlySpan<byte> Ascii(string text, byte[] into) => into.AsSpan(0, System.Text.Encoding.ASCII.GetBytes(text, into));
}
