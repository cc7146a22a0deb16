using ZoneTierFS.Engine.Namespace;
using ZoneTierFS.Engine.Zones;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Engine.Extents;

/// <summary>
/// Copies ranges between files, or within one, without the bytes passing through the caller: verified when they are read, and written like any other. A hole
/// of the source stays one. Piece by piece, so that no two inodes are locked at once; whoever writes to either file meanwhile gets a mixture, as with read and
/// write.
/// </summary>
internal sealed class RangeCopier(VolumeState state, FileWriter writer)
{
    /// <summary>Copied by one call, bytes: the kernel asks again for the rest, and can be interrupted between.</summary>
    public const long BytesMax = 16 << 20;

    private const int BlockSize = DeviceZones.BlockSize;
    private const int PieceBytes = 1 << 20;

    /// <summary>Bytes copied: fewer than asked at the end of the source, after <see cref="BytesMax"/>, or where an error stops the rest.</summary>
    public async ValueTask<Result<long>> CopyAsync(
        Inode source, long from, Inode target, long to, long length, bool killSetId, CancellationToken interrupted)
    {
        if (source == target && from < to + length && to < from + length) return Errno.EINVAL;
        if ((ulong)(to + length) > Volume.FileBytesMax) return Errno.EFBIG;
        // Within one file the target's end may become the source's: what the copy appends is not copied on.
        lock (state.Gate) length = Math.Min(Math.Min(length, BytesMax), Math.Max(0, (long)source.Size - from));
        if (length > 0 && writer.NoteChange(target, killSetId) is var refused and not Errno.Ok) return refused;
        using var memory = new AlignedMemory(PieceBytes);
        for (long done = 0; done < length;)
        {
            var read = await ReadAsync(source, from + done, length - done, memory);
            if (read.IsOk && read.Value.Length == 0) return done;
            var error = read.IsOk ? await WriteAsync(target, to + done, read.Value, memory, interrupted) : read.Error;
            if (error != Errno.Ok) return done > 0 ? done : error;
            done += read.Value.Length;
        }
        return length;
    }

    /// <summary>Reads data into the memory as far as it goes, or finds out how long a hole is. Empty at the end of the file.</summary>
    private async ValueTask<Result<Piece>> ReadAsync(Inode source, long from, long lengthMax, AlignedMemory memory)
    {
        await source.Lock.EnterSharedAsync();
        try
        {
            if ((ulong)from >= source.Size) return default(Piece);
            var end = Math.Min((ulong)(from + lengthMax), source.Size);
            var first = (ulong)from / BlockSize;
            var last = RunEnd(source, first, (end + BlockSize - 1) / BlockSize, out var isData);
            var length = (long)Math.Min(end, last * BlockSize) - from;
            if (!isData) return new Piece(length, 0, IsHole: true);
            var error = await state.Reader.ReadBlocksAsync(source, first, memory.Memory[..(int)((last - first) * BlockSize)]);
            return error == Errno.Ok ? new Piece(length, from % BlockSize, IsHole: false) : error;
        }
        finally
        {
            source.Lock.ExitShared();
        }
    }

    /// <summary>Where data ends that begins with a block, at most a piece further; or where a hole ends.</summary>
    private ulong RunEnd(Inode source, ulong first, ulong end, out bool isData)
    {
        var block = first + state.Reader.RunFrom(source, first, end, out isData);
        while (block < end && (!isData || block - first < PieceBytes / BlockSize))
        {
            var count = state.Reader.RunFrom(source, block, end, out var isAlike);
            if (isAlike != isData) break;
            block += count;
        }
        return isData ? Math.Min(block, first + PieceBytes / BlockSize) : block;
    }

    private async ValueTask<Errno> WriteAsync(Inode target, long to, Piece piece, AlignedMemory memory, CancellationToken interrupted)
    {
        var room = await state.Journal.RoomAsync(interrupted);
        if (room != Errno.Ok) return room;
        if (!piece.IsHole)
        {
            var bytes = memory.Memory.Slice((int)piece.Skip, (int)piece.Length);
            return (await writer.WriteAsync(target, to, bytes, append: false, killSetId: false, interrupted)).Error;
        }
        return await writer.ZeroAsync(target, (ulong)to, (ulong)(to + piece.Length), grows: true, interrupted);
    }

    /// <param name="Skip">Where it begins in the memory: a copy may begin within a block.</param>
    private readonly record struct Piece(long Length, long Skip, bool IsHole);
}
