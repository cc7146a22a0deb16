using System.Buffers.Binary;
using ZoneTierFS.Engine.Extents;
using ZoneTierFS.Engine.Metadata;

namespace ZoneTierFS.Engine.Format;

/// <summary>
/// Reads a batch's mutations back in their order. The batch's checksum vouches for the medium only, so nothing in it is trusted: what makes no sense is
/// <see cref="InvalidDataException"/>. Read a batch to its end before applying any of it, so that it is applied whole or not at all.
/// </summary>
internal ref struct JournalReader
{
    private ReadOnlySpan<byte> _rest;
    private int _mutationsLeft;

    /// <param name="batch">A batch that <see cref="JournalBatchHeader.TryRead"/> accepted.</param>
    /// <param name="header">Its header.</param>
    public JournalReader(ReadOnlySpan<byte> batch, scoped in JournalBatchHeader header)
    {
        _rest = batch.Slice(JournalBatchHeader.Size, header.PayloadLength);
        _mutationsLeft = header.MutationCount;
    }

    /// <summary>False at the end.</summary>
    public bool TryRead(out JournalMutation mutation)
    {
        mutation = default;
        if (_mutationsLeft == 0 && _rest.IsEmpty)
            return false;
        if (_mutationsLeft == 0 || _rest.IsEmpty)
            throw new InvalidDataException($"A journal batch ends with {_mutationsLeft} mutations and {_rest.Length} bytes left over.");
        _mutationsLeft--;
        var tag = (JournalTag)Take(1)[0];
        mutation = tag switch
        {
            JournalTag.Put => new JournalMutation { Tag = tag, Key = TakeKey(), Value = TakeItemValue() },
            JournalTag.Delete => new JournalMutation { Tag = tag, Key = TakeKey() },
            JournalTag.DeleteRange => new JournalMutation { Tag = tag, Key = TakeKey(), To = TakeKey() },
            JournalTag.Checksums => new JournalMutation
            {
                Tag = tag,
                Address = new BlockAddress(BinaryPrimitives.ReadUInt16LittleEndian(Take(2)), TakeUInt32(), TakeUInt32()),
                Value = TakeChecksums(),
            },
            JournalTag.NextZone => new JournalMutation { Tag = tag, Number = TakeUInt32() },
            JournalTag.MapRun => new JournalMutation { Tag = tag, Key = TakeKey(), Entries = TakeEntries(), Number = TakeUInt32() | (ulong)Take(1)[0] << 32 },
            JournalTag.NextInode => new JournalMutation { Tag = tag, Number = TakeUInt64() },
            _ => throw new InvalidDataException($"A journal batch holds a mutation with the unknown tag {(byte)tag}."),
        };
        return true;
    }

    private ReadOnlySpan<byte> TakeItemValue()
    {
        var length = BinaryPrimitives.ReadUInt16LittleEndian(Take(2));
        if (length > ItemTree.ValueBytesMax)
            throw new InvalidDataException($"A journal batch puts a value of {length} bytes, more than {ItemTree.ValueBytesMax}.");
        return Take(length);
    }

    private ReadOnlySpan<byte> TakeChecksums() => Take(TakeUInt32() * (long)sizeof(uint));

    private Range TakeEntries()
    {
        var first = BinaryPrimitives.ReadUInt16LittleEndian(Take(2));
        var count = BinaryPrimitives.ReadUInt16LittleEndian(Take(2));
        if (count == 0 || first + count > PageMap.Blocks)
            throw new InvalidDataException($"A journal batch changes {count} entries from {first} on, in a page map of {PageMap.Blocks}.");
        return first..(first + count);
    }

    private ItemKey TakeKey() => new(TakeUInt64(), TakeUInt64());

    private uint TakeUInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(sizeof(uint)));

    private ulong TakeUInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(sizeof(ulong)));

    private ReadOnlySpan<byte> Take(long length)
    {
        if (length > _rest.Length)
            throw new InvalidDataException($"A journal batch is cut off: {length} bytes wanted where {_rest.Length} are left.");
        var taken = _rest[..(int)length];
        _rest = _rest[(int)length..];
        return taken;
    }
}
