using ZoneTierFS.Engine.Extents;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Engine.Zones;

/// <summary>
/// Blocks of files that are lined up for one large append, with their checksums and where they belong: in an aligned buffer of its own, or in somebody
/// else's memory where they lie one behind the other already. The buffer is there from the first block that is copied into it.
/// </summary>
internal sealed class Staging(int blocksMax) : IDisposable
{
    private AlignedMemory? _memory;
    private ReadOnlyMemory<byte> _lent;
    private readonly uint[] _checksums = new uint[blocksMax];
    private readonly List<StagedRun> _runs = [];

    public int BlocksMax { get; } = blocksMax;
    public int Blocks { get; private set; }
    public int Room => BlocksMax - Blocks;
    public IReadOnlyList<StagedRun> Runs => _runs;

    public ReadOnlySpan<uint> Checksums => _checksums.AsSpan(0, Blocks);

    public void Clear()
    {
        Blocks = 0;
        _runs.Clear();
        _lent = default;
    }

    /// <summary>Adds room for blocks of a file and returns the bytes to fill; <see cref="SealChecksums"/> afterwards.</summary>
    public Memory<byte> Add(ulong inode, ulong fileBlock, int count)
    {
        Invariant.Holds(_lent.IsEmpty, "lent memory is not added to");
        var start = Blocks;
        AddRun(inode, fileBlock, count);
        _memory ??= new AlignedMemory(BlocksMax * DeviceZones.BlockSize);
        return _memory.Memory.Slice(start * DeviceZones.BlockSize, count * DeviceZones.BlockSize);
    }

    /// <summary>Lends memory that is appended as it is, until <see cref="Clear"/>; <see cref="AddLent"/> says whose its blocks are.</summary>
    public void Lend(ReadOnlyMemory<byte> blocks)
    {
        Invariant.Holds(Blocks == 0 && blocks.Length <= BlocksMax * DeviceZones.BlockSize, "memory is lent to an empty staging");
        _lent = blocks;
    }

    /// <summary>Says whose the next of the lent blocks are.</summary>
    public void AddLent(ulong inode, ulong fileBlock, int count)
    {
        Invariant.Holds((Blocks + count) * DeviceZones.BlockSize <= _lent.Length, "no more blocks are named than were lent");
        AddRun(inode, fileBlock, count);
    }

    private void AddRun(ulong inode, ulong fileBlock, int count)
    {
        Invariant.Holds(count > 0 && count <= Room, "staged blocks fit");
        if (_runs.Count > 0 && _runs[^1] is var last && last.Inode == inode && last.FileBlock + last.Count == fileBlock)
            _runs[^1] = last with { Count = last.Count + (uint)count };
        else
            _runs.Add(new StagedRun(inode, fileBlock, (uint)Blocks, (uint)count));
        Blocks += count;
    }

    /// <summary>Takes the blocks that were added last out again.</summary>
    public void Undo(int count)
    {
        var last = _runs[^1];
        Invariant.Holds(last.Count >= count, "only what was added last is undone");
        Blocks -= count;
        if (last.Count == count) _runs.RemoveAt(_runs.Count - 1);
        else _runs[^1] = last with { Count = last.Count - (uint)count };
    }

    public ReadOnlySpan<uint> ChecksumsOf(Placed placed) => Checksums.Slice((int)placed.From, (int)placed.Count);

    /// <summary>The extents that an append made.</summary>
    public IEnumerable<Extent> Extents(Placed placed)
    {
        foreach (var run in _runs)
        {
            var start = Math.Max(run.From, placed.From);
            var end = Math.Min(run.From + run.Count, placed.From + placed.Count);
            if (start < end) yield return new Extent(run.FileBlock + start - run.From, end - start, placed.At.Plus(start - placed.From));
        }
    }

    public void SealChecksums() => Devices.Crc32C.ComputeBlocks(Slice(0, Blocks).Span, _checksums.AsSpan(0, Blocks));

    public ReadOnlyMemory<byte> Slice(int from, int count)
    {
        var bytes = _lent.IsEmpty && _memory is not null ? _memory.Memory : _lent;
        return bytes.Slice(from * DeviceZones.BlockSize, count * DeviceZones.BlockSize);
    }

    public void Dispose() => ((IDisposable?)_memory)?.Dispose();
}

/// <summary>Consecutive blocks of one file inside a staging buffer.</summary>
internal readonly record struct StagedRun(ulong Inode, ulong FileBlock, uint From, uint Count);
