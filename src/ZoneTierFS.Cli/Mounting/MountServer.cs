using Microsoft.Extensions.Logging;
using Mono.Unix.Native;
using ZoneTierFS.Cli.Commands;
using ZoneTierFS.Cli.Configuration;
using ZoneTierFS.Cli.Serving;
using ZoneTierFS.Cli.Storage;
using ZoneTierFS.Engine;
using ZoneTierFS.Fuse;
using ZoneTierFS.Linux;
using Errno = ZoneTierFS.Linux.Errno;

namespace ZoneTierFS.Cli.Mounting;

/// <summary>A volume that is mounted and served until somebody unmounts it or this process is told to stop: where devices, engine and kernel meet.</summary>
/// <param name="mountPoint">As <see cref="MountPoint.Resolve"/> gives it.</param>
internal sealed partial class MountServer(VolumeConfiguration configuration, string mountPoint, ILogger log)
{
    /// <summary>Who still has files open when the mount is told to stop gets this long to close them.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(30);

    /// <summary>Its continuations run elsewhere: the thread that reports a bug belongs to the mount, and who hears of it unmounts.</summary>
    private readonly TaskCompletionSource _bug = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="ready">Called once the mount answers.</param>
    public async Task<ExitCode> RunAsync(Action ready, CancellationToken stop)
    {
        var devices = await TierImages.OpenAsync(configuration, configuration.Mount.ReadOnly, log);
        var volume = await Volume.OpenAsync(devices, configuration.Volume, new VolumeEnvironment(TimeProvider.System, log), stop);
        var mount = await StartAsync(volume);
        LogMounted(log, configuration.VolumeName, mountPoint, configuration.File);
        ready();
        await ServeAsync(mount, stop);
        if (_bug.Task.IsCompleted)
        {
            // What a bug left in memory is not to be trusted: nothing more is written, and the next mount recovers what was durable.
            LogAbandoned(log, mountPoint);
            return ExitCode.Failed;
        }
        await volume.DisposeAsync();
        LogClosed(log, mountPoint);
        return ExitCode.Fine;
    }

    private async Task<FuseMount> StartAsync(Volume volume)
    {
        var identity = new MountIdentity(Environment.ProcessId, mountPoint, configuration.VolumeName, configuration.File, Syscall.geteuid());
        var fileSystem = new VolumeFileSystem(volume, new ControlAttributes(volume, identity, configuration.Tiers[0].Name));
        var options = new FuseOptions
        {
            ReadAheadKiB = (int)(configuration.Mount.ReadAheadBytes >> 10),
            AllowOther = configuration.Mount.AllowOther,
            ReadOnly = configuration.Mount.ReadOnly,
            AccessControlLists = true,
            SourceName = configuration.VolumeName,
            OnBug = OnBug,
        };
        if (configuration.Mount.Workers is { } workers)
            options = options with { WorkerCount = workers };
        try
        {
            return FuseMount.Start(mountPoint, fileSystem, options, log);
        }
        catch (FuseMountException)
        {
            await volume.DisposeAsync();
            throw;
        }
    }

    private void OnBug(Exception bug)
    {
        LogBug(log, bug);
        _bug.TrySetResult();
    }

    private async Task ServeAsync(FuseMount mount, CancellationToken stop)
    {
        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (stop.Register(told.SetResult))
            await Task.WhenAny(mount.Completion, _bug.Task, told.Task);
        if (mount.Completion.IsCompleted)
            return;
        LogStopping(log, mountPoint);
        var error = _bug.Task.IsCompleted ? mount.Abort() : mount.Stop();
        // EINVAL: somebody else was faster.
        if (error is not (Errno.Ok or Errno.EINVAL))
            LogStopFailed(log, mountPoint, error);
        try
        {
            await mount.Completion.WaitAsync(Grace, CancellationToken.None);
        }
        catch (TimeoutException)
        {
            LogStillOpen(log, mountPoint, Grace.TotalSeconds);
            mount.Abort();
            await mount.Completion.WaitAsync(Grace, CancellationToken.None);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Name} is mounted on {MountPoint} (configuration {File})")]
    private static partial void LogMounted(ILogger log, string name, string mountPoint, string file);

    [LoggerMessage(Level = LogLevel.Information, Message = "Unmounting {MountPoint}")]
    private static partial void LogStopping(ILogger log, string mountPoint);

    [LoggerMessage(Level = LogLevel.Information, Message = "{MountPoint} is unmounted and its volume is closed")]
    private static partial void LogClosed(ILogger log, string mountPoint);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{MountPoint} could not be unmounted: {Error}")]
    private static partial void LogStopFailed(ILogger log, string mountPoint, Errno error);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Files on {MountPoint} are still open after {Seconds} s: their owners get an error from now on")]
    private static partial void LogStillOpen(ILogger log, string mountPoint, double seconds);

    [LoggerMessage(Level = LogLevel.Critical, Message = "A request met a bug; the mount ends")]
    private static partial void LogBug(ILogger log, Exception bug);

    [LoggerMessage(Level = LogLevel.Critical, Message = "{MountPoint} was ended by a bug. Mount it again: everything that was synced is recovered")]
    private static partial void LogAbandoned(ILogger log, string mountPoint);
}
