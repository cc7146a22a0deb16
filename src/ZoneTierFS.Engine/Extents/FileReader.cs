using ZoneTierFS.Devices;
using ZoneTierFS.Engine.Namespace;
using ZoneTierFS.Engine.Zones;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Engine.Extents;

/// <summary>Reads blocks of files: what waits in memory first, then the clean copy, then the authority; every block from media is verified.</summary>
internal sealed class FileReader(VolumeState state)
{
    private const int BlockSize = DeviceZones.BlockSize;
    private const int VerifyBlocks = 256;

    /// <summary>Fills whole blocks of a file; holes read as zeros. The caller holds the inode's lock, shared or exclusive.</summary>
    /// <param name="into">A multiple of 4096 bytes; aligned memory is read into without a copy.</param>
    public async ValueTask<Errno> ReadBlocksAsync(Inode inode, ulong firstBlock, Memory<byte> into)
    {
        var end = firstBlock + (ulong)(into.Length / BlockSize);
        for (var block = firstBlock; block < end;)
        {
            var at = (int)(block - firstBlock) * BlockSize;
            if (TryCopyBuffered(inode, block, into.Span.Slice(at, BlockSize)))
            {
                block++;
                continue;
            }
            var stop = NextBuffered(inode, block, end);
            var part = into.Slice(at, (int)(stop - block) * BlockSize);
            var (read, error) = await ReadRunAsync(inode.Number, block, part);
            if (error != Errno.Ok) return error;
            block += read;
        }
        return Errno.Ok;
    }

    /// <summary>How many blocks from one on, short of an end, are all data or all hole, at least one. The caller holds the inode's lock.</summary>
    public ulong RunFrom(Inode inode, ulong block, ulong end, out bool isData)
    {
        isData = inode.Dirty?.Has(block) == true || inode.Flushing?.Has(block) == true;
        if (isData) return 1;
        end = NextBuffered(inode, block, end);
        lock (state.Gate)
        {
            isData = state.Extents.TryResolve(inode.Number, block, (uint)Math.Min(end - block, uint.MaxValue), authoritative: true, out var run);
            return run.Count;
        }
    }

    private static bool TryCopyBuffered(Inode inode, ulong block, Span<byte> into)
    {
        var buffer = inode.Dirty is { } dirty && dirty.Has(block) ? dirty : inode.Flushing is { } flushing && flushing.Has(block) ? flushing : null;
        if (buffer is null) return false;
        buffer.Block(block).CopyTo(into);
        return true;
    }

    private static ulong NextBuffered(Inode inode, ulong block, ulong end)
    {
        if (inode.Dirty is { } dirty) end = dirty.NextHeld(block, end);
        if (inode.Flushing is { } flushing) end = flushing.NextHeld(block, end);
        return end;
    }

    /// <summary>Reads from one block as far as one extent or hole goes, or as far as it can be read.</summary>
    private async ValueTask<(ulong Blocks, Errno Error)> ReadRunAsync(ulong inode, ulong block, Memory<byte> into)
    {
        Extent? badCopy = null;
        for (var authoritative = false; ; authoritative = true)
        {
            if (!TryPin(inode, block, (uint)(into.Length / BlockSize), authoritative, out var run))
            {
                into.Span[..((int)run.Count * BlockSize)].Clear();
                return (run.Count, Errno.Ok);
            }
            var part = into[..((int)run.Count * BlockSize)];
            if (state.ReadAhead.Serve(run.At, part.Span) is var served and > 0)
            {
                state.Unpin(run.At);
                return ((uint)served, Errno.Ok);
            }
            var (good, problem) = await ReadGoodAsync(run, part);
            if (good > 0)
            {
                // Only what the authority has in its place: where that is damaged, too, a copy may yet be readable another time.
                if (badCopy is { } bad) DropCopy(inode, bad.Slice(block, Math.Min(bad.End, block + good)));
                return (good, Errno.Ok);
            }
            if (authoritative)
            {
                state.Damage.Note(inode, run.Slice(block, block + 1), problem!);
                return (0, Errno.EIO);
            }
            // Whether this was a copy or not: the authority has the last word, also where another reader has dropped the copy already.
            badCopy = run;
        }
    }

    /// <summary>Finds where to read from, and pins that: a clean copy may be dropped at any moment, and its zone must not be reset under the read.</summary>
    private bool TryPin(ulong inode, ulong block, uint count, bool authoritative, out Extent run)
    {
        lock (state.Gate)
        {
            var mapped = state.Extents.TryResolve(inode, block, count, authoritative, out run);
            // A copy that went with its zone or device is not even tried.
            if (mapped && !authoritative && !state.Zones[run.At.Device].CanRead(run.At.Zone))
                mapped = state.Extents.TryResolve(inode, block, count, authoritative: true, out run);
            if (mapped) state.Zones[run.At.Device][run.At.Zone].Pins++;
            return mapped;
        }
    }

    /// <summary>Reads a pinned run. Where that fails, block by block, as many as are right from the first on, and what is wrong with the next.</summary>
    private async ValueTask<(uint Good, string? Problem)> ReadGoodAsync(Extent run, Memory<byte> into)
    {
        try
        {
            var problem = await TryReadAsync(run.At, into);
            if (problem is null) return (run.Count, null);
            if (run.Count == 1 || !state.Zones[run.At.Device].CanRead(run.At.Zone)) return (0, problem);
            for (uint good = 0; good < run.Count; good++)
                if (await TryReadAsync(run.At.Plus(good), into.Slice((int)good * BlockSize, BlockSize)) is { } wrong) return (good, wrong);
            return (run.Count, null);
        }
        finally
        {
            state.Unpin(run.At);
        }
    }

    /// <summary>As <see cref="TryReadAsync"/>, and takes the zone's pin back.</summary>
    public async ValueTask<string?> TryReadPinnedAsync(Location at, Memory<byte> into)
    {
        try
        {
            return await TryReadAsync(at, into);
        }
        finally
        {
            state.Unpin(at);
        }
    }

    /// <summary>
    /// Drops what of a copy cannot be read, unless it is the last of its bytes. It costs nothing but its speed: the authority serves, and the mover may promote
    /// again.
    /// </summary>
    public void DropCopy(ulong inode, Extent bad)
    {
        lock (state.Gate)
        {
            if (!state.Extents.TryFind(ItemKind.Promoted, inode, bad.FileBlock, out var copy)
                || copy.Slice(bad.FileBlock, bad.FileBlock + 1).At != bad.At || state.Damage.IsLastCopy(inode, bad)) return;
            state.Extents.DropPromoted(inode, bad.FileBlock, bad.Count);
            state.Journal.EndTransaction();
        }
        StateLog.CopyDropped(state.Log, inode, state.Zones[bad.At.Device].Tier);
        state.Watch.Suspect(bad.At.Device);
    }

    /// <summary>
    /// Reads consecutive blocks from media and verifies each; once more where that fails, as bytes may also be spoiled on their way. Null when all is well,
    /// otherwise what is wrong.
    /// </summary>
    public async ValueTask<string?> TryReadAsync(Location at, Memory<byte> into)
    {
        if (at.IsLost) return "the bytes are lost; a repair has marked them so"; // or a checksum would have to fail by luck
        if (await TryReadOnceAsync(at, into) is not { } problem) return null;
        return state.Zones[at.Device].CanRead(at.Zone) ? await TryReadOnceAsync(at, into) : problem;
    }

    private async ValueTask<string?> TryReadOnceAsync(Location at, Memory<byte> into)
    {
        try
        {
            var from = new ZoneAddress(new ZoneId(at.Zone), (long)at.Block * BlockSize);
            await state.Zones[at.Device].Device.ReadAsync(from, into, CancellationToken.None);
            for (var done = 0; done < into.Length; done += VerifyBlocks * BlockSize)
            {
                var part = into.Slice(done, Math.Min(VerifyBlocks * BlockSize, into.Length - done));
                var where = at.Plus((uint)(done / BlockSize));
                int bad;
                while (!TryVerify(where, part.Span, out bad)) await state.Checksums.LoadAsync(where, part.Length / BlockSize);
                if (bad >= 0) return $"the checksum of {where.Plus((uint)bad)} does not match";
            }
            return null;
        }
        catch (DeviceException failure)
        {
            return failure.Message;
        }
    }

    /// <summary>False when the recorded checksums must be loaded first.</summary>
    private bool TryVerify(Location at, ReadOnlySpan<byte> data, out int bad)
    {
        Span<uint> expected = stackalloc uint[VerifyBlocks];
        Span<uint> actual = stackalloc uint[VerifyBlocks];
        expected = expected[..(data.Length / BlockSize)];
        actual = actual[..expected.Length];
        bad = -1;
        lock (state.Gate)
            if (!state.Checksums.TryGet(at, expected)) return false;
        Crc32C.ComputeBlocks(data, actual);
        var same = expected.CommonPrefixLength(actual);
        if (same < expected.Length) bad = same;
        return true;
    }
}
