using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using ZoneTierFS.Fuse.Abi;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Fuse;

/// <summary>
/// Turns requests into calls of the filesystem and their results into replies; one per worker, because it owns the memory of the reply. A request that
/// is damaged is answered with EINVAL and reaches no filesystem.
/// </summary>
internal sealed partial class FuseDispatcher : IDisposable
{
    private const int QuickBytesMax = 64 << 10;

    private readonly IFuseFileSystem _fileSystem;
    private readonly UnlinkedFiles _unlinked;
    private readonly RequestInterrupts _interrupts;
    private readonly InterruptSlot _slot;
    private readonly FuseProtocol _protocol;
    private readonly FuseOptions _options;
    private readonly ILogger _logger;
    private readonly CacheTimeout _attributeTimeout;
    private readonly CacheTimeout _entryTimeout;
    private readonly CacheTimeout _missingTimeout;
    private readonly ReplyBuffer _reply;
    private readonly DirectoryReply _directory;
    private readonly byte[] _notice = new byte[Unsafe.SizeOf<FuseInvalidateInode>()];

    /// <param name="unlinked">One for all workers of a mount.</param>
    /// <param name="interrupts">One for all workers of a mount.</param>
    public FuseDispatcher(
        IFuseFileSystem fileSystem, UnlinkedFiles unlinked, RequestInterrupts interrupts, FuseProtocol protocol, FuseOptions options, ILogger logger)
    {
        _fileSystem = fileSystem;
        _unlinked = unlinked;
        _interrupts = interrupts;
        _slot = interrupts.AddSlot();
        _protocol = protocol;
        _options = options;
        _logger = logger;
        _attributeTimeout = CacheTimeout.From(options.AttributeTimeout);
        _entryTimeout = CacheTimeout.From(options.EntryTimeout);
        _missingTimeout = CacheTimeout.From(options.MissingTimeout);
        _reply = new ReplyBuffer(protocol.MaxIoBytes);
        _directory = new DirectoryReply(_attributeTimeout, _entryTimeout);
    }

    /// <summary>What the kernel must hear before the reply of the last <see cref="Dispatch"/>; empty mostly.</summary>
    public ReadOnlyMemory<byte> Notice { get; private set; }

    /// <summary>The last request was about names, or wrote a little into memory: it waited for no device, and copied next to nothing.</summary>
    public bool WasQuick { get; private set; }

    /// <summary>Answers one request.</summary>
    /// <returns>The reply, valid until the next call; empty for requests that want none.</returns>
    public ReadOnlyMemory<byte> Dispatch(ReadOnlyMemory<byte> request)
    {
        if (!MemoryMarshal.TryRead(request.Span, out FuseInHeader header))
            return default;
        _reply.Clear();
        Notice = default;
        WasQuick = request.Length <= QuickBytesMax && header.Opcode is not (FuseOpcode.Read or FuseOpcode.Fsync or FuseOpcode.FsyncDir
            or FuseOpcode.CopyFileRange or FuseOpcode.CopyFileRange64 or FuseOpcode.Fallocate or FuseOpcode.SyncFs);
        var error = Answer(header, request);
        return WantsNoReply(header.Opcode) ? default : _reply.Seal(header.Unique, error);
    }

    public void Dispose()
    {
        _reply.Dispose();
        _slot.Dispose();
    }

    private static bool WantsNoReply(FuseOpcode opcode) => opcode is FuseOpcode.Forget or FuseOpcode.BatchForget or FuseOpcode.Interrupt;

    private Errno Answer(in FuseInHeader header, ReadOnlyMemory<byte> request)
    {
        var argumentsEnd = (long)header.Length - header.ExtensionUnits * 8L;
        if (header.Length > request.Length || argumentsEnd < Unsafe.SizeOf<FuseInHeader>())
            return Errno.EINVAL;
        try
        {
            var served = Handle(header, new RequestReader(request[Unsafe.SizeOf<FuseInHeader>()..(int)argumentsEnd]));
            // To the kernel ENOSYS means "never ask again": it would call every later fsync a success. Only what is not served at all may say so.
            return served switch
            {
                null => Errno.ENOSYS,
                Errno.ENOSYS => Errno.EOPNOTSUPP,
                var error => error.Value,
            };
        }
        catch (Exception bug)
        {
            // What escapes the filesystem is a bug of any kind. The caller still gets an answer, or it would wait for ever; the report ends the mount.
            ReportBug(bug, header.Opcode, header.Inode);
            return Errno.EIO;
        }
    }

    /// <returns>Null for what is not served; the kernel then does without, or falls back.</returns>
    private Errno? Handle(in FuseInHeader header, RequestReader arguments) => header.Opcode switch
    {
        FuseOpcode.Lookup => Lookup(header, arguments),
        FuseOpcode.Forget => Forget(header.Inode),
        FuseOpcode.BatchForget => ForgetMany(arguments),
        FuseOpcode.Interrupt => Interrupt(arguments),
        FuseOpcode.GetAttr => GetAttributes(header),
        FuseOpcode.SetAttr => SetAttributes(header, arguments),
        FuseOpcode.ReadLink => ReadLink(header),
        FuseOpcode.Symlink => Symlink(header, arguments),
        FuseOpcode.MkNod => MakeNode(header, arguments),
        FuseOpcode.MkDir => MakeDirectory(header, arguments),
        FuseOpcode.Unlink => Unlink(header, arguments),
        FuseOpcode.RmDir => RemoveDirectory(header, arguments),
        FuseOpcode.Rename => Rename(header, arguments),
        FuseOpcode.Rename2 => RenameWithFlags(header, arguments),
        FuseOpcode.Link => Link(header, arguments),
        FuseOpcode.Open => Open(header, arguments),
        FuseOpcode.Create => Create(header, arguments),
        FuseOpcode.TmpFile => CreateUnnamed(header, arguments),
        FuseOpcode.Read => Read(header, arguments),
        FuseOpcode.Write => Write(header, arguments),
        FuseOpcode.StatFs => GetSpace(),
        FuseOpcode.Release => Release(header, arguments),
        FuseOpcode.Fsync => Fsync(header, arguments),
        FuseOpcode.Flush => Flush(header, arguments),
        FuseOpcode.SetXattr => SetXattr(header, arguments),
        FuseOpcode.GetXattr => GetXattr(header, arguments),
        FuseOpcode.ListXattr => ListXattrs(header, arguments),
        FuseOpcode.RemoveXattr => RemoveXattr(header, arguments),
        FuseOpcode.OpenDir => OpenDirectory(),
        FuseOpcode.ReadDir => ReadDirectory(header, arguments, withAttributes: false),
        FuseOpcode.ReadDirPlus => ReadDirectory(header, arguments, withAttributes: true),
        FuseOpcode.ReleaseDir or FuseOpcode.Destroy => Errno.Ok,
        FuseOpcode.FsyncDir => FsyncDirectory(header, arguments),
        FuseOpcode.Fallocate => Allocate(header, arguments),
        FuseOpcode.Lseek => Seek(header, arguments),
        FuseOpcode.CopyFileRange => CopyRange(header, arguments, isOld: true),
        FuseOpcode.CopyFileRange64 => CopyRange(header, arguments, isOld: false),
        FuseOpcode.SyncFs => Wait(_fileSystem.SyncAsync()),
        FuseOpcode.Ioctl => Control(header, arguments),
        _ => null,
    };

    /// <summary>The one place, with the method below, where a worker waits for a call that could not be answered at once.</summary>
    private static T Wait<T>(ValueTask<T> call) => call.IsCompletedSuccessfully ? call.Result : call.AsTask().GetAwaiter().GetResult();

    /// <summary>As <see cref="Wait{T}(ValueTask{T})"/>, for a call that was given this worker's token with <see cref="InterruptSlot.Begin"/>.</summary>
    private T WaitInterruptible<T>(ValueTask<T> call)
    {
        try
        {
            return Wait(call);
        }
        finally
        {
            _slot.End();
        }
    }

    private Errno Interrupt(RequestReader arguments)
    {
        if (arguments.TryFetch(out FuseInterruptIn input))
            _interrupts.Interrupt(input.Unique);
        return Errno.Ok;
    }

    private static void Wait(ValueTask call)
    {
        if (call.IsCompletedSuccessfully)
            call.GetAwaiter().GetResult();
        else
            call.AsTask().GetAwaiter().GetResult();
    }

    /// <summary>
    /// The inode itself is gone. ESTALE makes the kernel look the name up again, where ENOENT would tell a program that a file which was only replaced is
    /// missing.
    /// </summary>
    private static Errno OfInode(Errno error) => error == Errno.ENOENT ? Errno.ESTALE : error;

    private static FileCaller Caller(in FuseInHeader header) => new(header.UserId, header.GroupId, header.ProcessId);

    /// <summary>Who creates something. A kernel that keeps the umask to itself has applied it already.</summary>
    private FileCaller Creator(in FuseInHeader header, uint umask) => Caller(header) with { Umask = _protocol.HasDontMask ? umask : 0 };

    private void ReportBug(Exception bug, FuseOpcode opcode, ulong inode)
    {
        LogBug(_logger, opcode, inode, bug);
        _options.OnBug?.Invoke(bug);
    }

    [LoggerMessage(Level = LogLevel.Critical, Message = "The answer to {Opcode} of inode {Inode} failed; the caller sees an I/O error")]
    private static partial void LogBug(ILogger logger, FuseOpcode opcode, ulong inode, Exception bug);
}
