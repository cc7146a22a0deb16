using System.Runtime.InteropServices;

namespace ZoneTierFS.Fuzz.Images;

/// <summary>A hash of bytes that come in pieces.</summary>
internal sealed class HashCode64
{
    public ulong Value { get; private set; } = 0xCBF29CE484222325;

    public void Add(ReadOnlySpan<byte> bytes)
    {
        foreach (var word in MemoryMarshal.Cast<byte, ulong>(bytes))
            Value = (Value ^ word) * 0x100000001B3 ^ Value >> 31;
        foreach (var rest in bytes[(bytes.Length / sizeof(ulong) * sizeof(ulong))..])
            Value = (Value ^ rest) * 0x100000001B3;
    }
}
