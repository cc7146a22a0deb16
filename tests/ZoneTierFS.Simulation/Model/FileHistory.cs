namespace ZoneTierFS.Simulation;

/// <summary>
/// The data of one file: as it is now, and every state that each block and the size had since the floor, the last state known to be durable. After a
/// crash a block may be in any of those states, each block by itself; nothing else may appear.
/// </summary>
internal sealed class FileHistory
{
    public const int Block = 4096;

    /// <summary>Looks at a file after which a change of it is news no more.</summary>
    private const int LooksMax = 8;

    private static readonly byte[] Zeros = new byte[Block];

    private readonly Dictionary<long, byte[]> _current = [];
    private readonly Dictionary<long, List<BlockVersion>> _changed = [];
    private readonly List<SizeVersion> _sizes = [new(0, 0)];
    private readonly SortedSet<int> _inFlight = [];
    private bool _isGone;
    private int _looks;

    /// <summary>Operations begun; each has the number that this showed after it began.</summary>
    public int Operations { get; private set; }

    /// <summary>The operation up to which everything is durable.</summary>
    public int Floor { get; private set; }

    /// <summary>The last operation before which all were answered.</summary>
    public int Completed => _inFlight.Count == 0 ? Operations : _inFlight.Min - 1;

    /// <summary>Changed, or made durable, not long ago: the bytes may still be on their way.</summary>
    public bool IsRecent => _looks < LooksMax;

    public long Size => _sizes[^1].Size;

    /// <summary>Bytes of blocks that hold something else than zeros; none once the file is gone.</summary>
    public long LiveBytes => _isGone ? 0 : (long)_current.Count * Block;

    public IEnumerable<long> KnownBlocks => _current.Keys.Concat(_changed.Keys).Distinct().Order();

    /// <param name="inPieces">The volume may write the data in pieces, so that a crash leaves a part of a block's.</param>
    public int Write(long offset, ReadOnlySpan<byte> data, bool inPieces = false)
    {
        int operation = Begin();
        for (int done = 0; done < data.Length;)
        {
            (long block, long within) = Math.DivRem(offset + done, Block);
            int length = (int)Math.Min(Block - within, data.Length - done);
            byte[] content = [.. CurrentBlock(block)];
            data.Slice(done, length).CopyTo(content.AsSpan((int)within));
            Set(operation, block, content, inPieces);
            done += length;
        }

        SetSize(operation, Math.Max(Size, offset + data.Length));
        return operation;
    }

    public int Truncate(long size)
    {
        int operation = Begin();
        foreach (long block in _current.Keys.Where(block => (block + 1) * Block > size).Order().ToList())
        {
            ZeroWithin(operation, block, Math.Max(size - (block * Block), 0), Block);
        }

        SetSize(operation, size);
        return operation;
    }

    /// <summary>Zeros a range; the size grows only where <paramref name="mayGrow"/>.</summary>
    public int Zero(long offset, long length, bool mayGrow)
    {
        int operation = Begin();
        long end = offset + length;
        foreach (long block in _current.Keys.Where(block => (block + 1) * Block > offset && block * Block < end).Order().ToList())
        {
            ZeroWithin(operation, block, Math.Max(offset - (block * Block), 0), Math.Min(end - (block * Block), Block));
        }

        SetSize(operation, mayGrow ? Math.Max(Size, end) : Size);
        return operation;
    }

    /// <summary>What survived of the file's bytes was looked at, at one more moment.</summary>
    public void NoteLook() => _looks++;

    public void Complete(int operation) => _inFlight.Remove(operation);

    /// <summary>The file has neither name nor handle any more. What it held may still come back with a name that a crash brings back.</summary>
    public void DropLive() => _isGone = true;

    /// <summary>The operation failed and changed nothing.</summary>
    public void Revert(int operation)
    {
        Complete(operation);
        foreach ((long block, List<BlockVersion> versions) in _changed.ToList())
        {
            if (versions.RemoveAll(version => version.Operation == operation) > 0)
            {
                SetCurrent(block, versions[^1].Content);
                DropIfUnchanged(block, versions);
            }
        }

        _sizes.RemoveAll(version => version.Operation == operation);
    }

    public void RaiseFloor(int operation)
    {
        if (operation <= Floor)
        {
            return;
        }

        Floor = operation;
        _looks = 0;
        foreach ((long block, List<BlockVersion> versions) in _changed.ToList())
        {
            versions.RemoveRange(0, FloorIndex(versions, operation));
            DropIfUnchanged(block, versions);
        }

        _sizes.RemoveRange(0, _sizes.FindLastIndex(version => version.Operation <= operation));
    }

    public void Read(long offset, Span<byte> into)
    {
        for (int done = 0; done < into.Length;)
        {
            (long block, long within) = Math.DivRem(offset + done, Block);
            int length = (int)Math.Min(Block - within, into.Length - done);
            CurrentBlock(block).Slice((int)within, length).CopyTo(into[done..]);
            done += length;
        }
    }

    public bool IsZero(long block) => !_current.ContainsKey(block);

    /// <summary>What is wrong with data that survived a crash, or null.</summary>
    /// <param name="floor">The operation up to which everything must have survived; at least <see cref="Floor"/>.</param>
    public string? FindDamage(SurvivingFile survivor, int floor)
    {
        int first = _sizes.FindLastIndex(version => version.Operation <= floor);
        long least = _sizes[first..].Min(version => version.Size);
        long most = _sizes[first..].Max(version => version.Size);
        if (survivor.Size < least || survivor.Size > most)
        {
            return $"size {survivor.Size}, but it was {(least == most ? $"{least}" : $"between {least} and {most}")} since the last durable state";
        }

        if (survivor.Blocks is null)
        {
            return null;
        }

        foreach (long block in survivor.Blocks.Keys)
        {
            if (FindDamage(block, survivor, floor) is string damage)
            {
                return damage;
            }
        }

        foreach (long block in _current.Keys)
        {
            if (!survivor.Blocks.ContainsKey(block) && FindDamage(block, survivor, floor) is string damage)
            {
                return damage;
            }
        }

        foreach (long block in _changed.Keys)
        {
            if (!survivor.Blocks.ContainsKey(block) && !_current.ContainsKey(block) && FindDamage(block, survivor, floor) is string damage)
            {
                return damage;
            }
        }

        return null;
    }

    private string? FindDamage(long block, SurvivingFile survivor, int floor)
    {
        long length = Math.Min(Block, survivor.Size - (block * Block));
        return length > 0 ? FindDamage(block, survivor[block][..(int)length], floor) : null;
    }

    /// <summary>Makes what survived the new truth, all of it durable.</summary>
    public void Adopt(SurvivingFile survivor)
    {
        _inFlight.Clear();
        _isGone = false;
        _changed.Clear();
        _current.Clear();
        _sizes.Clear();
        Floor = Operations;
        _sizes.Add(new SizeVersion(Operations, survivor.Size));
        foreach ((long block, byte[] content) in survivor.Blocks!)
        {
            SetCurrent(block, content);
        }
    }

    private static int FloorIndex(List<BlockVersion> versions, int floor) => versions.FindLastIndex(version => version.Operation <= floor);

    private string? FindDamage(long block, ReadOnlySpan<byte> found, int floor)
    {
        List<BlockVersion>? versions = _changed.GetValueOrDefault(block);
        if (found.SequenceEqual(CurrentBlock(block)[..found.Length]))
        {
            return null;
        }

        List<BlockVersion> allowed = versions is null
            ? [new BlockVersion(Floor, _current.GetValueOrDefault(block), false)]
            : versions[FloorIndex(versions, floor)..];
        foreach (BlockVersion version in allowed)
        {
            if (found.SequenceEqual(version.Bytes[..found.Length]))
            {
                return null;
            }
        }

        // Where a truncate or a punched hole met buffered writes, either may have been made durable without the other: then every byte is one of its states.
        bool mixed = allowed.Skip(1).Any(version => version.IsPartial);
        for (int i = 0; i < found.Length; i++)
        {
            byte value = found[i];
            if (!(mixed ? allowed : allowed[^1..]).Any(version => version.Bytes[i] == value))
            {
                return $"block {block} byte {i}: {WriteTag.Describe(found, i)} instead of "
                    + string.Join(", or ", allowed.Select(version => $"{WriteTag.Describe(version.Bytes, i)} (since operation {version.Operation})"))
                    + (floor == Operations ? "; all of it was durable" : $"; durable up to operation {floor} of {Operations}");
            }
        }

        return mixed ? null : $"block {block}: a mix of several states, none of them whole";
    }

    private int Begin()
    {
        _looks = 0;
        _inFlight.Add(++Operations);
        return Operations;
    }

    private ReadOnlySpan<byte> CurrentBlock(long block) => _current.TryGetValue(block, out byte[]? content) ? content : Zeros;

    private void ZeroWithin(int operation, long block, long from, long to)
    {
        byte[] content = [.. CurrentBlock(block)];
        content.AsSpan((int)from, (int)(to - from)).Clear();
        Set(operation, block, content, true);
    }

    private void Set(int operation, long block, byte[] content, bool partial)
    {
        if (!_changed.TryGetValue(block, out List<BlockVersion>? versions))
        {
            versions = [new BlockVersion(Floor, _current.GetValueOrDefault(block), false)];
            _changed.Add(block, versions);
        }

        versions.Add(new BlockVersion(operation, content, partial));
        SetCurrent(block, content);
    }

    private void SetCurrent(long block, byte[]? content)
    {
        if (content is null || content.AsSpan().IndexOfAnyExcept((byte)0) < 0)
        {
            _current.Remove(block);
        }
        else
        {
            _current[block] = content;
        }
    }

    private void SetSize(int operation, long size) => _sizes.Add(new SizeVersion(operation, size));

    private void DropIfUnchanged(long block, List<BlockVersion> versions)
    {
        if (versions.Count == 1)
        {
            _changed.Remove(block);
        }
    }

    private readonly record struct SizeVersion(int Operation, long Size);

    /// <param name="Content">Null for zeros.</param>
    /// <param name="IsPartial">Made by a truncate, a punched hole or a copy, not by a write.</param>
    private readonly record struct BlockVersion(int Operation, byte[]? Content, bool IsPartial)
    {
        public ReadOnlySpan<byte> Bytes => Content ?? Zeros;
    }
}
