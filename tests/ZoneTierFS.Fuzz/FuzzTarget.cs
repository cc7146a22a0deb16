using Microsoft.Extensions.Logging.Abstractions;
using ZoneTierFS.Fuse;
using ZoneTierFS.Fuse.Abi;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Fuzz;

/// <summary>A dispatcher over some filesystem, fed as a worker of a mount feeds it.</summary>
internal abstract class FuzzTarget : IAsyncDisposable
{
    /// <summary>As in a worker: the data of a WRITE then lies on a page.</summary>
    private const int RequestStart = AlignedMemory.Alignment - 80;

    /// <summary>Of what can be agreed on, all that changes how requests are read and served.</summary>
    private const FuseInitFlags Agreed =
        FuseInitFlags.SetXattrExt | FuseInitFlags.MaxPages | FuseInitFlags.PosixAcl | FuseInitFlags.DontMask | FuseInitFlags.HandleKillPrivV2;

    private readonly AlignedMemory _memory = new(AlignedMemory.Alignment + RequestForge.BytesMax);
    private readonly FuseDispatcher _dispatcher;

    protected FuzzTarget(IFuseFileSystem fileSystem)
    {
        var protocol = new FuseProtocol(FuseProtocol.Minor, Agreed, FuseProtocol.MaxPages * FuseProtocol.PageBytes);
        Unlinked = new UnlinkedFiles(fileSystem);
        var options = new FuseOptions { OnBug = bug => Bug ??= bug };
        _dispatcher = new FuseDispatcher(fileSystem, Unlinked, new RequestInterrupts(), protocol, options, NullLogger.Instance);
    }

    /// <summary>What escaped the filesystem or the dispatcher first.</summary>
    public Exception? Bug { get; private set; }

    /// <summary>Whether what was written must be read again.</summary>
    public abstract bool KeepsBytes { get; }

    protected UnlinkedFiles Unlinked { get; }

    /// <returns>The reply, good until the next call.</returns>
    public ReadOnlySpan<byte> Dispatch(ReadOnlySpan<byte> request)
    {
        var memory = _memory.Memory.Slice(RequestStart, request.Length);
        request.CopyTo(memory.Span);
        return _dispatcher.Dispatch(memory).Span;
    }

    /// <summary>After the last request, with no file open: throws where what is left is not sound.</summary>
    public abstract Task FinishAsync();

    public virtual ValueTask DisposeAsync()
    {
        _dispatcher.Dispose();
        ((IDisposable)_memory).Dispose();
        return ValueTask.CompletedTask;
    }
}
