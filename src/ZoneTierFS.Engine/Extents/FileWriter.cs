using ZoneTierFS.Engine.Namespace;
using ZoneTierFS.Engine.Zones;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Engine.Extents;

/// <summary>
/// Changes the bytes of files: into the write buffer, block by block. A block that is written in part is completed from what it held before; all reading
/// comes before the first change, so that a failed write leaves the file as it was.
/// </summary>
internal sealed class FileWriter(VolumeState state) : IDisposable
{
    private const int BlockSize = DeviceZones.BlockSize;

    /// <summary>Blocks that a change can touch in part: the first, the last, and the one with the old end of the file.</summary>
    private const int EdgesMax = 3;

    private readonly Stack<EdgeBlocks> _edges = new();

    /// <summary>Writes all of the data or, on error, none. The caller holds a reference.</summary>
    public async ValueTask<Result<int>> WriteAsync(
        Inode inode, long offset, ReadOnlyMemory<byte> data, bool append, bool killSetId, CancellationToken interrupted)
    {
        if (offset < 0) return Errno.EINVAL;
        if (data.IsEmpty) return 0;
        var promised = data.Length / BlockSize + EdgesMax;
        var error = await PromiseAsync(inode, promised, interrupted);
        if (error != Errno.Ok) return error;
        await inode.Lock.EnterExclusiveAsync();
        var edges = RentEdges();
        var used = 0;
        try
        {
            if (inode.IsImmutable) return Errno.EPERM;
            var start = append ? inode.Size : (ulong)offset;
            var end = start + (ulong)data.Length;
            if (end > Volume.FileBytesMax) return Errno.EFBIG;
            if (start > inode.Size) edges.Add(inode.Size); // the old end's block: its rest becomes zeros of the file
            edges.Add(start);
            edges.Add(end);
            error = await LoadAsync(inode, edges);
            if (error != Errno.Ok) return error;
            used = Fill(inode, edges, start, end, data);
            Note(inode, Math.Max(inode.Size, end), killSetId);
            state.Counters.CountWritten(data.Length);
            return data.Length;
        }
        finally
        {
            ReturnEdges(edges);
            lock (state.Gate) state.Space.Release(promised - used);
            inode.Lock.ExitExclusive();
        }
    }

    /// <summary>Space for a change; what is refused anyway is refused at once, also on a full volume.</summary>
    private ValueTask<Errno> PromiseAsync(Inode inode, int blocks, CancellationToken interrupted) =>
        inode.IsImmutable ? new(Errno.EPERM) : state.Space.ReserveAsync(blocks, interrupted);

    /// <summary>Reads the blocks that a change touches only in part.</summary>
    private async ValueTask<Errno> LoadAsync(Inode inode, EdgeBlocks edges)
    {
        for (var i = 0; i < edges.Count; i++)
        {
            var block = edges.BlockAt(i);
            if (inode.Dirty is { } dirty && dirty.Has(block)) dirty.Block(block).CopyTo(edges.Bytes(i).Span);
            else if (block * BlockSize >= inode.Size) edges.Bytes(i).Span.Clear();
            else if (await state.Reader.ReadBlocksAsync(inode, block, edges.Bytes(i)) is var error and not Errno.Ok) return error;
            // Beyond the end of the file a block on media may hold anything, for example the rest of a longer file before a truncate.
            var valid = inode.Size > block * BlockSize ? Math.Min(inode.Size - block * BlockSize, BlockSize) : 0;
            edges.Bytes(i).Span[(int)valid..].Clear();
        }
        return Errno.Ok;
    }

    /// <summary>Puts edges and data into the buffer. Returns how many more blocks it holds.</summary>
    private int Fill(Inode inode, EdgeBlocks edges, ulong start, ulong end, ReadOnlyMemory<byte> data)
    {
        WriteBuffer buffer;
        lock (state.Gate) buffer = inode.Dirty ??= state.Space.RentBuffer();
        var (blocks, memory) = (buffer.Blocks, buffer.MemoryBytes);
        for (var i = 0; i < edges.Count; i++)
            if (data.IsEmpty || edges.BlockAt(i) < start / BlockSize) edges.Bytes(i).Span.CopyTo(buffer.Hold(edges.BlockAt(i)));
        var bytes = data.Span;
        for (var at = start; at < end;)
        {
            var inBlock = (int)(at % BlockSize);
            var count = (int)Math.Min((ulong)(BlockSize - inBlock), end - at);
            // In ascending order, so that they lie like that in memory.
            var into = buffer.Hold(at / BlockSize, (int)((end - 1) / BlockSize - at / BlockSize) + 1);
            if (count < BlockSize) edges.Bytes(edges.IndexOf(at / BlockSize)).Span.CopyTo(into);
            bytes.Slice((int)(at - start), count).CopyTo(into[inBlock..]);
            at += (ulong)count;
        }
        lock (state.Gate) state.Space.CountMemory(buffer.MemoryBytes - memory);
        return buffer.Blocks - blocks;
    }

    private void Note(Inode inode, ulong size, bool killSetId)
    {
        lock (state.Gate)
        {
            inode.Size = size;
            inode.ModifyTime = state.Now;
            inode.IsDirty = true;
            inode.WasWritten = true;
            inode.AccessSeen = 0;
            if (inode.MayHavePrivileges) DropPrivileges(inode, killSetId);
            state.WriteBack.Note(inode);
        }
    }

    /// <summary>For a change that consists of several. EPERM, and nothing noted, for what is immutable.</summary>
    public Errno NoteChange(Inode inode, bool killSetId)
    {
        lock (state.Gate)
        {
            if (inode.IsImmutable) return Errno.EPERM;
            if (inode.MayHavePrivileges) DropPrivileges(inode, killSetId);
            return Errno.Ok;
        }
    }

    private void DropPrivileges(Inode inode, bool setId)
    {
        Invariant.Holds(state.Items.TryGetInode(inode.Number, out var record), "an inode in use has a record");
        if (state.Privileges.Drop(inode, ref record, setId)) state.Items.PutInode(inode.Number, record);
        state.Journal.EndTransaction();
    }

    /// <summary>Cuts or extends a file. Cutting needs no space, so that it works on a full volume.</summary>
    public async ValueTask<Errno> ResizeAsync(Inode inode, ulong size, bool killSetId)
    {
        while (true)
        {
            bool cuts;
            lock (state.Gate) cuts = size <= inode.Size;
            var error = cuts ? await TryCutAsync(inode, size, killSetId) : await TryExtendAsync(inode, size, killSetId, default);
            if (error is { } done) return done;
        }
    }

    /// <summary>Extends a file; one that is as long already stays as it is.</summary>
    public async ValueTask<Errno> ExtendAsync(Inode inode, ulong size, CancellationToken interrupted)
    {
        lock (state.Gate)
            if (size <= inode.Size) return Errno.Ok;
        return await TryExtendAsync(inode, size, killSetId: false, interrupted) ?? Errno.Ok;
    }

    /// <summary>Null when the file has become shorter meanwhile: to extend it needs space first.</summary>
    private async ValueTask<Errno?> TryCutAsync(Inode inode, ulong size, bool killSetId)
    {
        await EnterAsync(inode);
        try
        {
            if (inode.IsImmutable) return Errno.EPERM;
            if (size > inode.Size) return null;
            Cut(inode, size, killSetId);
            return Errno.Ok;
        }
        finally
        {
            Exit(inode);
        }
    }

    /// <summary>Null when the file has become as long meanwhile.</summary>
    private async ValueTask<Errno?> TryExtendAsync(Inode inode, ulong size, bool killSetId, CancellationToken interrupted)
    {
        var error = await PromiseAsync(inode, EdgesMax, interrupted);
        if (error != Errno.Ok) return error;
        var used = 0;
        var edges = RentEdges();
        await EnterAsync(inode);
        try
        {
            if (inode.IsImmutable) return Errno.EPERM;
            if (size <= inode.Size) return null;
            edges.Add(inode.Size);
            error = await LoadAsync(inode, edges);
            if (error != Errno.Ok) return error;
            used = Fill(inode, edges, size, size, default);
            Note(inode, size, killSetId);
            return Errno.Ok;
        }
        finally
        {
            ReturnEdges(edges);
            lock (state.Gate) state.Space.Release(EdgesMax - used);
            Exit(inode);
        }
    }

    private void Cut(Inode inode, ulong size, bool killSetId)
    {
        lock (state.Gate)
        {
            Invariant.Holds(state.Items.TryGetInode(inode.Number, out var record), "an inode in use has a record");
            var keep = (size + BlockSize - 1) / BlockSize;
            DropDirty(inode, keep, ulong.MaxValue);
            state.Extents.DropPromoted(inode.Number, keep, ulong.MaxValue);
            record.Blocks -= (ulong)state.Extents.Remove(ItemKind.Extent, inode.Number, keep, ulong.MaxValue);
            record.Size = Math.Min(record.Size, size);
            record.ModifyTime = record.ChangeTime = inode.ModifyTime = state.Now;
            state.Items.PutInode(inode.Number, record);
            inode.Size = size;
            inode.WasWritten = true;
            if (record.Size != size && !inode.IsDirty)
            {
                inode.IsDirty = true;
                state.WriteBack.Note(inode);
            }
            if (inode.MayHavePrivileges) DropPrivileges(inode, killSetId);
            state.Journal.EndTransaction();
        }
    }

    /// <summary>Under the state lock, with the inode's turn and lock.</summary>
    private void DropDirty(Inode inode, ulong from, ulong end)
    {
        if (inode.Dirty is not { } buffer) return;
        var memory = buffer.MemoryBytes;
        state.Space.Release(buffer.Drop(from, end));
        state.Space.CountMemory(buffer.MemoryBytes - memory);
    }

    /// <summary>Notes a change that leaves bytes and size as they are, such as setting space aside.</summary>
    public async ValueTask<Errno> TouchAsync(Inode inode)
    {
        await inode.Lock.EnterExclusiveAsync();
        try
        {
            if (inode.IsImmutable) return Errno.EPERM;
            Note(inode, inode.Size, killSetId: false);
            return Errno.Ok;
        }
        finally
        {
            inode.Lock.ExitExclusive();
        }
    }

    /// <summary>Makes a range read as zeros, giving its whole blocks back.</summary>
    /// <param name="grows">The file is to reach to the end of the range at least; otherwise its size stays.</param>
    public async ValueTask<Errno> ZeroAsync(Inode inode, ulong start, ulong end, bool grows, CancellationToken interrupted)
    {
        var error = await PromiseAsync(inode, EdgesMax, interrupted);
        if (error != Errno.Ok) return error;
        var used = 0;
        var edges = RentEdges();
        await EnterAsync(inode);
        try
        {
            if (inode.IsImmutable) return Errno.EPERM;
            var size = grows ? Math.Max(end, inode.Size) : inode.Size;
            if (start >= size) return Errno.Ok;
            (start, end) = (Math.Min(start, inode.Size), Math.Min(end, inode.Size));
            edges.Add(start);
            edges.Add(end);
            error = await LoadAsync(inode, edges);
            if (error != Errno.Ok) return error;
            edges.Clear(start, end);
            used = Fill(inode, edges, size, size, default);
            Free(inode, (start + BlockSize - 1) / BlockSize, end == inode.Size ? (end + BlockSize - 1) / BlockSize : end / BlockSize);
            Note(inode, size, killSetId: false);
            return Errno.Ok;
        }
        finally
        {
            ReturnEdges(edges);
            lock (state.Gate) state.Space.Release(EdgesMax - used);
            Exit(inode);
        }
    }

    private void Free(Inode inode, ulong from, ulong end)
    {
        if (from >= end) return;
        lock (state.Gate)
        {
            Invariant.Holds(state.Items.TryGetInode(inode.Number, out var record), "an inode in use has a record");
            DropDirty(inode, from, end);
            state.Extents.DropPromoted(inode.Number, from, end - from);
            record.Blocks -= (ulong)state.Extents.Remove(ItemKind.Extent, inode.Number, from, end - from);
            state.Items.PutInode(inode.Number, record);
            state.Journal.EndTransaction();
        }
    }

    /// <summary>Waits until no write-back of the file runs, then for the file itself.</summary>
    private static async ValueTask EnterAsync(Inode inode)
    {
        await inode.WriteBackTurn.EnterExclusiveAsync();
        await inode.Lock.EnterExclusiveAsync();
    }

    private static void Exit(Inode inode)
    {
        inode.Lock.ExitExclusive();
        inode.WriteBackTurn.ExitExclusive();
    }

    private EdgeBlocks RentEdges()
    {
        lock (_edges) return _edges.TryPop(out var edges) ? edges : new EdgeBlocks(EdgesMax);
    }

    private void ReturnEdges(EdgeBlocks edges)
    {
        edges.Reset();
        lock (_edges) _edges.Push(edges);
    }

    public void Dispose()
    {
        while (_edges.TryPop(out var edges)) edges.Dispose();
    }
}
