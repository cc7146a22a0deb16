using Microsoft.Extensions.Logging;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Devices;

/// <summary>
/// The file of a region image, locked against other openers, past the page cache where the filesystem can; its failures are <see cref="DeviceException"/>.
/// </summary>
internal sealed unsafe partial class RegionFile : IDisposable
{
    private readonly NativeFile _file;
    private readonly ILogger _logger;
    private readonly bool _direct;
    private readonly BounceBuffers _bounce = new();
    private volatile bool _cannotPunch;
    private volatile bool _cannotReserve;

    private RegionFile(NativeFile file, string path, bool direct, ILogger logger)
    {
        _file = file;
        Path = path;
        _direct = direct;
        _logger = logger;
    }

    public string Path { get; }

    public NativeFile Native => _file;

    public static RegionFile Open(string path, bool readOnly, ILogger logger)
    {
        var opened = OpenDirectOrBuffered(flags => NativeFile.Open(path, flags), readOnly ? LibC.O_RDONLY : LibC.O_RDWR, out var direct);
        if (!opened.IsOk)
            throw new DeviceException(opened.Error, $"Cannot open '{path}': {Describe(opened.Error)}.");
        if (!direct)
            LogBuffered(logger, path);
        Lock(opened.Value, path, exclusive: !readOnly);
        return new RegionFile(opened.Value, path, direct, logger);
    }

    /// <summary>Opens with O_DIRECT, or without it where the filesystem refuses that: some do when opening, some only at the first read.</summary>
    public static Result<NativeFile> OpenDirectOrBuffered(Func<int, Result<NativeFile>> open, int flags, out bool direct)
    {
        direct = true;
        var file = open(flags | LibC.O_DIRECT);
        if (file.IsOk)
        {
            using var probe = new AlignedMemory(RegionHeader.Size);
            if (file.Value.ReadAt(probe.GetSpan(), 0).Error != Errno.EINVAL)
                return file;
            file.Value.Dispose();
        }
        else if (file.Error != Errno.EINVAL)
        {
            return file;
        }
        direct = false;
        return open(flags);
    }

    /// <summary>Locks the file, or closes it and throws.</summary>
    public static void Lock(NativeFile file, string path, bool exclusive)
    {
        var error = file.TryLock(exclusive);
        if (error == Errno.Ok)
            return;
        file.Dispose();
        throw error == Errno.EAGAIN
            ? new DeviceException(Errno.EBUSY, $"'{path}' is in use by another process.")
            : new DeviceException(error, $"Cannot lock '{path}': {Describe(error)}.");
    }

    /// <summary>Reads all of <paramref name="into"/>.</summary>
    public void Read(Span<byte> into, long offset)
    {
        if (!NeedsBounce(into))
        {
            ReadWhole(into, offset);
            return;
        }
        var bounce = _bounce.Rent();
        try
        {
            for (var done = 0; done < into.Length; done += BounceBuffers.BufferSize)
            {
                var part = into[done..Math.Min(into.Length, done + BounceBuffers.BufferSize)];
                var aligned = bounce.GetSpan()[..part.Length];
                ReadWhole(aligned, offset + done);
                aligned.CopyTo(part);
            }
        }
        finally
        {
            _bounce.Return(bounce);
        }
    }

    public void Write(ReadOnlySpan<byte> data, long offset)
    {
        if (!NeedsBounce(data))
        {
            ThrowIfFailed(_file.WriteAt(data, offset), "Writing to", offset);
            return;
        }
        var bounce = _bounce.Rent();
        try
        {
            for (var done = 0; done < data.Length; done += BounceBuffers.BufferSize)
            {
                var part = data[done..Math.Min(data.Length, done + BounceBuffers.BufferSize)];
                var aligned = bounce.GetSpan()[..part.Length];
                part.CopyTo(aligned);
                ThrowIfFailed(_file.WriteAt(aligned, offset + done), "Writing to", offset + done);
            }
        }
        finally
        {
            _bounce.Return(bounce);
        }
    }

    /// <summary>
    /// Takes room for the range from the host filesystem ahead of writing, if it can. A write into room that is already taken shares the file's lock
    /// with readers, where one that must take room shuts them out until it is on the medium.
    /// </summary>
    public void TryReserve(long offset, long length)
    {
        // Any failure is left for the write to report, which needs less room than this: only a lack of support is worth remembering.
        if (!_cannotReserve && _file.Reserve(offset, length) == Errno.EOPNOTSUPP)
            _cannotReserve = true;
    }

    /// <summary>Gives the range back to the host filesystem. Where it cannot take it, nothing is wrong but the space: stale bytes are never read.</summary>
    public void GiveBack(long offset, long length)
    {
        if (_cannotPunch || length == 0)
            return;
        var error = _file.PunchHole(offset, length);
        if (error == Errno.EOPNOTSUPP)
        {
            _cannotPunch = true;
            LogCannotPunch(_logger, Path);
            return;
        }
        ThrowIfFailed(error, "Freeing space of", offset);
    }

    public void ThrowIfFailed(Errno error, string what, long offset)
    {
        if (error == Errno.Ok)
            return;
        throw error == Errno.ENOSPC
            ? new DeviceException(error, $"{what} '{Path}' at {offset} failed: the filesystem that holds it is full.")
            : new DeviceException(error, $"{what} '{Path}' at {offset} failed: {Describe(error)}.");
    }

    public void Dispose()
    {
        _file.Dispose();
        _bounce.Dispose();
    }

    public static string Describe(Errno error) => $"{System.Runtime.InteropServices.Marshal.GetPInvokeErrorMessage((int)error)} ({error})";

    private void ReadWhole(Span<byte> into, long offset)
    {
        var read = _file.ReadAt(into, offset);
        ThrowIfFailed(read.Error, "Reading", offset);
        if (read.Value < into.Length)
            throw new DeviceException(Errno.EIO, $"Reading '{Path}' at {offset} failed: the file ends early, somebody has cut it.");
    }

    private bool NeedsBounce(ReadOnlySpan<byte> memory)
    {
        fixed (byte* start = memory)
            return _direct && (nuint)start % AlignedMemory.Alignment != 0;
    }

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "The filesystem that holds '{Path}' refuses O_DIRECT; the image is read and written through the page cache, so its bytes are cached twice.")]
    private static partial void LogBuffered(ILogger logger, string path);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The filesystem that holds '{Path}' cannot punch holes; a reset zone keeps its space there.")]
    private static partial void LogCannotPunch(ILogger logger, string path);
}
