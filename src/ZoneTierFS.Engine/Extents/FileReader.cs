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

    /// <summary>Reads from one block as far as one extent or hole goes.</summary>
    private async ValueTask<(ulong Blocks, Errno Error)> ReadRunAsync(ulong inode, ulong block, Memory<byte> into)
    {
        for (var authoritative = false; ; authoritative = true)
        {
            bool mapped;
            Extent run;
            lock (state.Gate)
            {
                mapped = state.Extents.TryResolve(inode, block, (uint)(into.Length / BlockSize), authoritative, out run);
                // A clean copy may be dropped at any moment; its zone must not be reset under this read.
                if (mapped) state.Zones[run.At.Device][run.At.Zone].Pins++;
            }
            var part = into[..((int)run.Count * BlockSize)];
            if (mapped && state.ReadAhead.Serve(run.At, part.Span) is var served and > 0)
            {
                state.Unpin(run.At);
                return ((uint)served, Errno.Ok);
            }
            if (!mapped)
            {
                part.Span.Clear();
                return (run.Count, Errno.Ok);
            }
            var problem = await TryReadPinnedAsync(run.At, part);
            if (problem is null) return (run.Count, Errno.Ok);
            if (authoritative)
            {
                StateLog.DataDamaged(state.Log, inode, (long)block * BlockSize, (long)(block + run.Count) * BlockSize, problem);
                return (0, Errno.EIO);
            }
            // Whether this was a copy or not: the authority has the last word, also where another reader has dropped the copy already.
            DropCopy(inode, run);
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

    /// <summary>A copy that cannot be read costs nothing but its speed: the authority serves, and the mover may promote again.</summary>
    private void DropCopy(ulong inode, Extent run)
    {
        lock (state.Gate)
        {
            if (!state.Extents.TryFind(ItemKind.Promoted, inode, run.FileBlock, out var copy) || copy.Slice(run.FileBlock, run.FileBlock + 1).At != run.At)
                return;
            state.Extents.DropPromoted(inode, copy.FileBlock, copy.Count);
            state.Journal.EndTransaction();
        }
        StateLog.CopyDropped(state.Log, inode, state.Zones[run.At.Device].Tier);
    }

    /// <summary>Reads consecutive blocks from media and verifies each. Null when all is well, otherwise what is wrong.</summary>
    public async ValueTask<string?> TryReadAsync(Location at, Memory<byte> into)
    {
        if (at.IsLost) return "the bytes are lost; a repair has marked them so"; // or a checksum would have to fail by luck
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
