using System.Buffers.Binary;

namespace ZoneTierFS.Fuzz;

/// <summary>Access control lists in the form that setxattr takes: about half of them right, the others damaged or absurd.</summary>
internal sealed class HostileLists(Random random)
{
    private const int HeaderBytes = 4;
    private const int EntryBytes = 8;
    private const uint Version = 2;

    /// <summary>Names that one list can give rights to, with its four other entries, in the 4096 bytes which the kernel reads.</summary>
    private const int NamesMax = 507;

    private readonly byte[] _list = new byte[65536];
    private int _length;

    public ReadOnlySpan<byte> Next(ReadOnlySpan<byte> noise)
    {
        Build();
        switch (random.Next(14))
        {
            case 0:
                _length = random.Next(_length + 1);
                break;
            case 1:
                BinaryPrimitives.WriteUInt32LittleEndian(_list, (uint)random.Next(5));
                break;
            case 2:
                _list[random.Next(_length)] = (byte)random.Next(256);
                break;
            case 3:
                Swap(random.Next(Entries), random.Next(Entries));
                break;
            case 4:
                BinaryPrimitives.WriteUInt16LittleEndian(_list.AsSpan(HeaderBytes + EntryBytes * random.Next(Entries) + 2), ushort.MaxValue);
                break;
            case 5:
                Overfill();
                break;
            case 6:
                return noise[..random.Next(_list.Length + 1)];
            default:
                break;
        }
        return _list.AsSpan(0, _length);
    }

    private int Entries => (_length - HeaderBytes) / EntryBytes;

    /// <summary>A right list: mostly of a few entries, now and then as long as can be.</summary>
    private void Build()
    {
        var names = random.Next(12) switch { 0 => NamesMax, < 5 => 0, _ => random.Next(1, 6) };
        var users = random.Next(names + 1);
        BinaryPrimitives.WriteUInt32LittleEndian(_list, Version);
        _length = HeaderBytes;
        Add(tag: 1, uint.MaxValue);
        for (var user = 0; user < users; user++)
            Add(tag: 2, (uint)random.Next());
        Add(tag: 4, uint.MaxValue);
        for (var group = users; group < names; group++)
            Add(tag: 8, (uint)random.Next());
        if (names > 0 || random.Next(3) == 0)
            Add(tag: 16, uint.MaxValue);
        Add(tag: 32, uint.MaxValue);
    }

    private void Add(ushort tag, uint id)
    {
        var entry = _list.AsSpan(_length, EntryBytes);
        BinaryPrimitives.WriteUInt16LittleEndian(entry, tag);
        BinaryPrimitives.WriteUInt16LittleEndian(entry[2..], (ushort)random.Next(8));
        BinaryPrimitives.WriteUInt32LittleEndian(entry[4..], id);
        _length += EntryBytes;
    }

    private void Swap(int one, int other)
    {
        Span<byte> kept = stackalloc byte[EntryBytes];
        var first = _list.AsSpan(HeaderBytes + one * EntryBytes, EntryBytes);
        var second = _list.AsSpan(HeaderBytes + other * EntryBytes, EntryBytes);
        first.CopyTo(kept);
        second.CopyTo(first);
        kept.CopyTo(second);
    }

    /// <summary>One entry too many for the kernel, or as many as an attribute holds.</summary>
    private void Overfill()
    {
        var most = random.Next(2) == 0 ? NamesMax + 5 : (_list.Length - HeaderBytes) / EntryBytes;
        while (Entries < most)
            Add(tag: 2, (uint)random.Next());
    }
}
