using Microsoft.Extensions.Logging.Abstractions;
using ZoneTierFS.Cli.Serving;
using ZoneTierFS.Devices;
using ZoneTierFS.Engine;
using ZoneTierFS.Fuse;
using ZoneTierFS.Linux;
using ZoneTierFS.Tests.Engine;

namespace ZoneTierFS.MountTests.Fixtures;

/// <summary>
/// A volume in memory, mounted as `ztfs` does it, in a process of its own. Its devices fail as the lines on the standard input say; each line is answered
/// by one. Nothing is stored before somebody asks for it or 4 MiB of one file wait.
/// </summary>
internal sealed class FaultyVolumeServer(Volume volume, TestDevice tlc, TestDevice qlc, TestLog log)
{
    /// <summary>The zones with superblocks, on each device.</summary>
    private const int SuperblockZones = 2;

    private const int PollMilliseconds = 5;

    private volatile Exception? _bug;

    public static async Task<int> RunAsync(string mountPoint, int zones)
    {
        var (tlc, qlc) = (Device(zones, MediaKind.Tlc), Device(zones, MediaKind.Qlc));
        TierDevice[] devices = [new("tlc", tlc), new("qlc", qlc)];
        var log = new TestLog();
        var environment = new VolumeEnvironment(TimeProvider.System, log);
        await Volume.FormatAsync(devices, new FormatOptions { Uuid = Guid.NewGuid() }, environment, null, CancellationToken.None);
        var options = new VolumeOptions { CommitInterval = TimeSpan.FromHours(1) };
        await using var volume = await Volume.OpenAsync(devices, options, environment, CancellationToken.None);
        var server = new FaultyVolumeServer(volume, tlc, qlc, log);
        var identity = new MountIdentity(Environment.ProcessId, mountPoint, "faulty", "none");
        var fileSystem = new VolumeFileSystem(volume, new ControlAttributes(volume, identity, "tlc"));
        var mount = FuseMount.Start(mountPoint, fileSystem, new FuseOptions { OnBug = bug => server._bug = bug }, NullLogger.Instance);
        Say(Program.Ready);
        while (await Console.In.ReadLineAsync() is { } line)
            Say(await server.AnswerAsync(line));
        await mount.Completion;
        return server._bug is null ? 0 : 1;
    }

    private static TestDevice Device(int zones, MediaKind media) => new(new MemoryZonedDevice(new ZonedGeometry
    {
        ZoneCount = zones, ZoneSize = 1 << 20, ZoneCapacity = 1 << 20, Media = media, AppendBytesMax = 1 << 20,
    }));

    private static void Say(string line)
    {
        Console.Out.WriteLine(line);
        Console.Out.Flush();
    }

    private async Task<string> AnswerAsync(string line)
    {
        switch (line)
        {
            case "fail data":
                await FailDataAsync();
                break;
            case "fail appends":
                tlc.FailsAppend = qlc.FailsAppend = _ => Errno.EIO;
                break;
            case "fail flushes":
                tlc.FailsFlush = qlc.FailsFlush = () => true;
                break;
            case "fail reads":
                tlc.FailsRead = qlc.FailsRead = _ => true;
                break;
            case "mend":
                tlc.Mend();
                qlc.Mend();
                break;
            case "sync":
                return $"{await volume.SyncAsync()}";
            case "await failure":
                await FailureAsync();
                break;
            default:
                throw new ArgumentException($"Unknown line: {line}");
        }
        return _bug is { } bug ? $"a bug: {bug.Message}" : $"{Errno.Ok}";
    }

    /// <summary>Zones that are not in use yet take nothing; journal and checkpoint go on in theirs. For a volume without data.</summary>
    private async Task FailDataAsync()
    {
        await volume.SyncAsync();
        HashSet<ZoneId> used = [];
        foreach (var report in await tlc.ReportZonesAsync(CancellationToken.None))
            if (report.WritePointer > 0)
                used.Add(report.Zone);
        tlc.FailsAppend = zone => zone.Index < SuperblockZones || used.Contains(zone) ? Errno.Ok : Errno.ENOSPC;
        qlc.FailsAppend = zone => zone.Index < SuperblockZones ? Errno.Ok : Errno.ENOSPC;
    }

    /// <summary>Waits until the background could not store something.</summary>
    private async Task FailureAsync()
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(PollMilliseconds));
        while (!log.Lines.Any(line => line.Contains("could not be stored", StringComparison.Ordinal)))
            await timer.WaitForNextTickAsync();
    }
}
