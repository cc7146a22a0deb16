using Microsoft.Extensions.Logging;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Fuse;

/// <summary>One thread, one channel, one request at a time: read, dispatch, write the reply. Ends when the filesystem is unmounted.</summary>
internal sealed partial class FuseWorker : IDisposable
{
    /// <summary>
    /// Requests are read this far before a page boundary: the header (40) and WRITE's arguments (40) then leave its data aligned, as O_DIRECT needs it.
    /// </summary>
    private const int RequestStart = AlignedMemory.Alignment - 80;

    /// <summary>Some tenths of a microsecond, in which the kernel's queue is left alone.</summary>
    private const int SpinsBetweenTries = 10;

    private readonly FuseChannel _channel;
    private readonly FuseDispatcher _dispatcher;
    private readonly RequestPolling _polling;
    private readonly AlignedMemory _memory;
    private readonly FuseOptions _options;
    private readonly ILogger _logger;
    private bool _isPollable;

    /// <param name="channel">Disposed with the worker.</param>
    /// <param name="dispatcher">Disposed with the worker.</param>
    /// <param name="polling">One for all workers of a mount.</param>
    public FuseWorker(
        FuseChannel channel, FuseDispatcher dispatcher, RequestPolling polling, int maxIoBytes, FuseOptions options, ILogger logger)
    {
        _channel = channel;
        _polling = polling;
        _options = options;
        _logger = logger;
        _dispatcher = dispatcher;
        _memory = new AlignedMemory(AlignedMemory.Alignment + maxIoBytes);
    }

    /// <summary>Serves until the connection ends.</summary>
    public void Run()
    {
        try
        {
            while (ServeOne())
            {
            }
        }
        catch (Exception bug)
        {
            // Top of a thread: a bug of any kind is reported to the mount's owner, who can still close the volume, instead of killing the process here.
            LogBug(_logger, bug);
            _options.OnBug?.Invoke(bug);
        }
    }

    public void Dispose()
    {
        _channel.Dispose();
        _dispatcher.Dispose();
        ((IDisposable)_memory).Dispose();
    }

    /// <returns>False when there will be no more requests.</returns>
    private bool ServeOne()
    {
        var request = _memory.Memory[RequestStart..];
        var read = Take(request.Span);
        if (!read.IsOk)
            return IsPassing(read.Error);
        var reply = _dispatcher.Dispatch(request[..read.Value]);
        _isPollable = _dispatcher.WasQuick;
        // Before the reply, so that the caller sees it. ENOENT: the kernel has forgotten the inode already.
        if (!_dispatcher.Notice.IsEmpty && _channel.Write(_dispatcher.Notice.Span) is var refused && refused is not (Errno.Ok or Errno.ENOENT or Errno.ENODEV))
            LogReplyRefused(_logger, refused, _dispatcher.Notice.Length);
        // ENOENT: the caller was killed meanwhile. ENODEV: the connection ended; the next read says so too.
        if (!reply.IsEmpty && _channel.Write(reply.Span) is var error && error is not (Errno.Ok or Errno.ENOENT or Errno.ENODEV))
            LogReplyRefused(_logger, error, reply.Length);
        return true;
    }

    /// <summary>Waits for a request: awake for a moment where that pays, asleep after it.</summary>
    private Result<int> Take(Span<byte> into)
    {
        if (_isPollable && _polling.TryBegin())
        {
            var found = Poll(into);
            _polling.End(found.IsOk);
            if (found.Error != Errno.EAGAIN)
                return found;
        }
        return _channel.SetWaiting(true) is var error && error != Errno.Ok ? error : _channel.Read(into);
    }

    private Result<int> Poll(Span<byte> into)
    {
        var error = _channel.SetWaiting(false);
        for (var tried = 0; error == Errno.Ok; tried++)
        {
            var read = _channel.Read(into);
            if (read.Error != Errno.EAGAIN || tried == _polling.Tries)
                return read;
            Thread.SpinWait(SpinsBetweenTries);
        }
        return error;
    }

    private bool IsPassing(Errno error)
    {
        if (error is Errno.EINTR or Errno.EAGAIN or Errno.ENOENT)
            return true;
        if (error != Errno.ENODEV)
            LogConnectionLost(_logger, error);
        return false;
    }

    [LoggerMessage(Level = LogLevel.Critical, Message = "A worker of the mount failed and has stopped")]
    private static partial void LogBug(ILogger logger, Exception bug);

    [LoggerMessage(Level = LogLevel.Error, Message = "The kernel refused a reply of {Length} bytes with {Error}")]
    private static partial void LogReplyRefused(ILogger logger, Errno error, int length);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The connection to the kernel was ended: {Error}")]
    private static partial void LogConnectionLost(ILogger logger, Errno error);
}
