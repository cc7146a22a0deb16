using Microsoft.Extensions.Logging;
using ZoneTierFS.Fuse.Abi;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Fuse;

/// <summary>
/// A mounted filesystem and the threads that serve it. It runs until somebody unmounts it, from here or elsewhere; <see cref="Completion"/> says when.
/// No code of this process may touch files below the mountpoint on a thread that the filesystem needs for its answer.
/// </summary>
public sealed partial class FuseMount
{
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<FuseWorker> _workers = [];
    private readonly IFuseFileSystem _fileSystem;
    private readonly UnlinkedFiles _unlinked;
    private readonly RequestInterrupts _interrupts = new();
    private readonly RequestPolling _polling;
    private readonly FuseOptions _options;
    private readonly ILogger _logger;
    private int _running;

    private FuseMount(string mountPoint, IFuseFileSystem fileSystem, FuseOptions options, ILogger logger)
    {
        MountPoint = mountPoint;
        _fileSystem = fileSystem;
        _unlinked = new UnlinkedFiles(fileSystem);
        _polling = new RequestPolling(options.PollTries, Environment.ProcessorCount);
        _options = options;
        _logger = logger;
    }

    /// <summary>The absolute path, without symbolic links.</summary>
    public string MountPoint { get; }

    /// <summary>Completes when the filesystem is unmounted and the last request is answered; no call of the filesystem follows.</summary>
    public Task Completion => _completion.Task;

    /// <summary>Mounts over a directory and returns when the kernel has accepted: from then on requests are served.</summary>
    /// <exception cref="FuseMountException">It could not be mounted; nothing is left behind.</exception>
    public static FuseMount Start(string mountPoint, IFuseFileSystem fileSystem, FuseOptions options, ILogger logger)
    {
        Validate(options);
        var resolved = KernelMounts.Resolve(mountPoint);
        if (!resolved.IsOk)
            throw new FuseMountException($"The mountpoint {mountPoint} cannot be used: {Explain(resolved.Error)}", resolved.Error);
        var mount = new FuseMount(resolved.Value, fileSystem, options, logger);
        mount.Connect();
        mount.RunWorkers();
        if (options.ReadAheadKiB > 0)
            ReadAhead.Raise(mount.MountPoint, options.ReadAheadKiB, logger);
        return mount;
    }

    /// <summary>Unmounts whatever FUSE filesystem is mounted on a directory, its server may be in any process or dead.</summary>
    /// <param name="lazy">Take it out of the tree even though files are open; it ends when the last of them is closed.</param>
    /// <returns>EBUSY: files are open; EINVAL: nothing is mounted there.</returns>
    public static Errno Unmount(string mountPoint, bool lazy) => Detach(mountPoint, lazy, force: false);

    /// <summary>Unmounts: at once where no file is open, otherwise when the last one is closed.</summary>
    public Errno Stop()
    {
        var error = Unmount(MountPoint, lazy: false);
        return error == Errno.EBUSY ? Unmount(MountPoint, lazy: true) : error;
    }

    /// <summary>Ends the mount now: whoever waits for it gets an error, and later calls on files that are still open fail with ENOTCONN.</summary>
    public Errno Abort() => Detach(MountPoint, lazy: true, force: true);

    private static Errno Detach(string mountPoint, bool lazy, bool force)
    {
        var error = KernelMounts.Detach(mountPoint, lazy, force);
        return error == Errno.EPERM ? FuserMount.Unmount(mountPoint, lazy) : error;
    }

    /// <summary>Mounts, answers INIT and makes the workers; on failure takes all of it back.</summary>
    private void Connect()
    {
        var channel = Attach(MountPoint, _options);
        var connected = false;
        try
        {
            var protocol = FuseHandshake.Run(channel, _options);
            LogNegotiated(_logger, FuseProtocol.Major, protocol.KernelMinor, protocol.Flags, protocol.MaxIoBytes);
            AddWorkers(channel, protocol);
            connected = true;
        }
        finally
        {
            if (!connected)
            {
                Detach(MountPoint, lazy: true, force: true);
                DisposeWorkers();
                channel.Dispose();
            }
        }
    }

    private static FuseChannel Attach(string directory, FuseOptions options)
    {
        var shared = "default_permissions,max_read=" + FuseProtocol.MaxPages * FuseProtocol.PageBytes + (options.AllowOther ? ",allow_other" : "");
        if (KernelMounts.IsRoot)
        {
            var opened = FuseChannel.Open();
            if (!opened.IsOk)
                throw new FuseMountException($"{FuseChannel.DevicePath} cannot be opened: {Explain(opened.Error)}", opened.Error);
            var error = KernelMounts.AttachFuse(opened.Value, options.SourceName, directory, options.TypeName, options.ReadOnly, shared);
            if (error == Errno.Ok)
                return opened.Value;
            opened.Value.Dispose();
            // Root of a container may lack the privilege; the helper then fails as well, and says so.
            if (error != Errno.EPERM)
                throw new FuseMountException($"Mounting on {directory} failed: {Explain(error)}", error);
        }
        var named = $"{shared},fsname={options.SourceName},subtype={options.TypeName},nosuid,nodev{(options.ReadOnly ? ",ro" : "")}";
        return FuserMount.Mount(directory, named);
    }

    private void AddWorkers(FuseChannel channel, FuseProtocol protocol)
    {
        AddWorker(channel, protocol);
        while (_workers.Count < _options.WorkerCount)
        {
            var cloned = channel.Clone();
            if (!cloned.IsOk)
                throw new FuseMountException($"{FuseChannel.DevicePath} cannot be opened once per worker: {Explain(cloned.Error)}", cloned.Error);
            AddWorker(cloned.Value, protocol);
        }
    }

    private void AddWorker(FuseChannel channel, FuseProtocol protocol)
    {
        var dispatcher = new FuseDispatcher(_fileSystem, _unlinked, _interrupts, protocol, _options, _logger);
        _workers.Add(new FuseWorker(channel, dispatcher, _polling, protocol.MaxIoBytes, _options, _logger));
    }

    /// <summary>Plain threads: the pool's would all be taken, and it would grow without end under waiting calls.</summary>
    private void RunWorkers()
    {
        _running = _workers.Count;
        for (var index = 0; index < _workers.Count; index++)
        {
            var worker = _workers[index];
            new Thread(() => RunWorker(worker)) { IsBackground = true, Name = $"fuse-{index}" }.Start();
        }
    }

    private void RunWorker(FuseWorker worker)
    {
        worker.Run();
        if (Interlocked.Decrement(ref _running) > 0)
            return;
        DisposeWorkers();
        try
        {
            _unlinked.ForgetAllAsync().AsTask().GetAwaiter().GetResult();
            _completion.SetResult();
        }
        catch (Exception bug)
        {
            // Top of a thread: an exception of any kind goes to whoever awaits the mount's end instead of killing the process here.
            _completion.SetException(bug);
        }
    }

    private void DisposeWorkers() => _workers.ForEach(worker => worker.Dispose());

    private static void Validate(FuseOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.WorkerCount, 2);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.WorkerCount, 64);
        ArgumentOutOfRangeException.ThrowIfNegative(options.ReadAheadKiB);
        ArgumentOutOfRangeException.ThrowIfNegative(options.PollTries);
        if (!IsMountWord(options.SourceName) || !IsMountWord(options.TypeName))
            throw new ArgumentException("The mount table's names take letters, digits, and any of \"-_./:\".", nameof(options));
    }

    /// <summary>Commas and backslashes would change the mount's options.</summary>
    private static bool IsMountWord(string word) =>
        word.Length > 0 && word.All(letter => char.IsAsciiLetterOrDigit(letter) || "-_./:".Contains(letter, StringComparison.Ordinal));

    private static string Explain(Errno error) => error switch
    {
        Errno.ENOENT => "it does not exist.",
        Errno.ENOTDIR => "it is not a directory.",
        Errno.ENOTCONN => "a filesystem whose server has died is still mounted there; unmount it first.",
        Errno.EACCES or Errno.EPERM => "permission is denied.",
        Errno.EBUSY => "it is in use.",
        Errno.ENODEV => "this kernel has no FUSE; load the module fuse.",
        _ => error.ToString() + ".",
    };

    [LoggerMessage(Level = LogLevel.Debug, Message = "The kernel speaks FUSE {Major}.{Minor}; agreed on {Flags}, {MaxIoBytes} bytes a request")]
    private static partial void LogNegotiated(ILogger logger, uint major, uint minor, FuseInitFlags flags, int maxIoBytes);
}
