using ZoneTierFS.Engine.Checking;
using ZoneTierFS.Engine.Extents;
using ZoneTierFS.Engine.Journal;
using ZoneTierFS.Engine.Moving;
using ZoneTierFS.Engine.Namespace;
using ZoneTierFS.Devices;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Engine;

/// <summary>
/// The engine's only public door: format, open, operations, close. All operations may be called from any thread. What programs may get wrong comes back as an
/// errno; an exception is a bug, or a device that vanished.
/// </summary>
public sealed partial class Volume : IAsyncDisposable
{
    public const ulong RootInode = 1;

    /// <summary>Longest file name, bytes.</summary>
    public const int NameBytesMax = 255;

    private const int WriteBackWorkers = 2;

    private readonly VolumeState _state;
    private readonly FileWriter _writer;
    private readonly RangeCopier _copier;
    private readonly Namespace.Directory _directory;
    private readonly Mover _mover;
    private readonly Scrubber _scrubber;
    private readonly OpenFileTable _files = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _loops = [];
    private int _isDisposed;

    private Volume(VolumeState state)
    {
        _state = state;
        _writer = new FileWriter(state);
        _copier = new RangeCopier(state, _writer);
        _directory = state.Names;
        _mover = new Mover(state);
        _scrubber = new Scrubber(state, _mover.Cleaner);
    }

    /// <summary>All behind the door, for the program's own tests and for those who look at the whole.</summary>
    internal VolumeState State => _state;

    /// <summary>Makes a volume of the devices, in the order of tiers; the first is the fast one. Throws <see cref="VolumeException"/>.</summary>
    /// <param name="progress">Told the share that is done, 0 to 1.</param>
    public static Task FormatAsync(
        IReadOnlyList<TierDevice> devices, FormatOptions options, VolumeEnvironment environment, IProgress<double>? progress, CancellationToken ct) =>
        new Formatter(devices, options, environment).RunAsync(progress, ct);

    /// <summary>Zones that a device must have to be number <paramref name="index"/>, from 0, of so many.</summary>
    public static int ZonesMin(int index, int deviceCount) => Formatter.ZonesMin(index, deviceCount);

    /// <summary>Zones that it must let be open, and active, at once.</summary>
    public static int OpenZonesMin(int index, int deviceCount) => Zones.DeviceZones.ZonesOpenMin(index, deviceCount);

    /// <summary>What is on a device; null where there is no superblock. Throws <see cref="VolumeException"/> for a damaged or a newer one.</summary>
    public static Task<VolumeDescription?> DescribeAsync(IZonedDevice device, CancellationToken ct) => Formatter.DescribeAsync(device, ct);

    /// <summary>Recovers and opens. Throws <see cref="VolumeException"/>. The volume owns the devices from here on, also when this fails.</summary>
    public static async Task<Volume> OpenAsync(IReadOnlyList<TierDevice> devices, VolumeOptions options, VolumeEnvironment environment, CancellationToken ct)
    {
        Volume? volume = null;
        var opened = false;
        try
        {
            volume = new Volume(await Recovery.OpenAsync(devices, options, environment, ct));
            if (!options.ReadOnly) await volume.StartAsync();
            opened = true;
            return volume;
        }
        finally
        {
            if (!opened)
            {
                foreach (var tier in devices) await tier.Device.DisposeAsync();
                volume?.FreeMemory();
            }
        }
    }

    /// <summary>Makes what recovery found the new beginning, deletes what lost its last name before the crash, and sets the background going.</summary>
    private async Task StartAsync()
    {
        try
        {
            await LeftoverZones.SettleAsync(_state);
        }
        catch (DeviceException failure)
        {
            throw new VolumeException(VolumeFault.Device, $"The volume cannot be opened for writing: {failure.Message}", failure);
        }
        lock (_state.Gate)
        {
            foreach (var orphan in _state.Orphans)
            {
                _state.Inodes.DeleteItems(orphan);
                _state.Journal.EndTransaction();
            }
        }
        if (await _state.Checkpointer.RunAsync() != Errno.Ok)
            throw new VolumeException(VolumeFault.Device, $"The volume cannot be opened for writing: {_state.Failure}");
        for (var i = 0; i < WriteBackWorkers; i++) _loops.Add(GuardAsync(_state.WriteBack.RunAsync));
        _loops.Add(GuardAsync(new CommitLoop(_state).RunAsync));
        _loops.Add(GuardAsync(_mover.RunAsync));
        _loops.Add(GuardAsync(_scrubber.RunAsync));
    }

    /// <summary>A background task that breaks stops all writing: nothing may be promised that nobody will do.</summary>
    private async Task GuardAsync(Func<CancellationToken, Task> loop)
    {
        try
        {
            await Task.Yield(); // whoever opens the volume does not do its background work
            await loop(_stop.Token);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            StateLog.BackgroundBroke(_state.Log, exception, exception.Message);
            _state.Fail($"a background task broke: {exception.Message}");
        }
    }

    /// <summary>Writes back, checkpoints and closes the devices. After a failure it only closes.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0) return;
        using var doing = _state.Activities.Enter(Activity.Closing);
        var isWritable = !_state.Options.ReadOnly && _state.Failure is null;
        // First with the background alive: what waits may need zones that only cleaning can free.
        if (isWritable) await _state.WriteBack.StoreAllAsync();
        _stop.Cancel();
        foreach (var loop in _loops) await loop;
        if (isWritable) await _state.Checkpointer.RunAsync();
        _state.ReadAhead.Stop();
        foreach (var tier in _state.Devices) await tier.Device.DisposeAsync();
        FreeMemory();
    }

    /// <summary>
    /// Gives the memory outside the collector's reach back and does nothing else: for a volume in which nothing runs any more, because it was closed, or
    /// because its power is gone for good.
    /// </summary>
    internal void FreeMemory()
    {
        _scrubber.Dispose();
        _mover.Dispose();
        _writer.Dispose();
        _state.Dispose();
        _stop.Dispose();
    }
}
