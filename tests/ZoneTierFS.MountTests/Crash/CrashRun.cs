using System.Globalization;
using Mono.Unix.Native;
using Xunit;
using ZoneTierFS.MountTests.Fixtures;

namespace ZoneTierFS.MountTests.Crash;

/// <summary>
/// Round after round: recorders load a mount, the daemon is killed without warning, the volume is mounted again and compared with what they noted. Some rounds
/// kill again while the volume is being mounted or as soon as it is; half of them leave so little room that cleaning runs.
/// </summary>
internal sealed class CrashRun : IDisposable
{
    private const int Workers = 4;
    private const int RoundsOfAKind = 5;
    private const int PatienceMilliseconds = 120_000;

    /// <summary>Small enough for a checkpoint each few hundred changes, and quick enough for the mover to be at it all the time.</summary>
    private static readonly string[] s_settings =
    [
        "--set", "durability.journalBytesMax=1MiB", "--set", "mover.interval=20ms", "--set", "mover.quietTime=0", "--set", "memory.dirtyBytesMax=2MiB",
    ];

    private readonly CrashOptions _options;
    private readonly Action<string> _say;
    private readonly DirectoryInfo _notes = Directory.CreateTempSubdirectory("ztfs-crash-");
    private MountedVolume _volume;
    private CrashBallast _ballast;
    private CrashTree[] _trees = [];
    private byte[] _shared = [];

    public CrashRun(CrashOptions options, Action<string> say)
    {
        (_options, _say) = (options, say);
        (_volume, _ballast) = Prepare();
    }

    public int Passed { get; private set; }

    public int Failed { get; private set; }

    public long Acknowledged { get; private set; }

    private string LogPath => Path.Combine(_notes.FullName, "log");

    private string SharedPath => Path.Combine(_volume.Root, CrashRecorder.SharedName);

    /// <summary>The exit code is 0 where no round failed, or where some did and a fault was planted.</summary>
    public static int RunProgram(string[] arguments)
    {
        if (CrashOptions.TryParse(arguments) is not { } options)
        {
            Console.Error.WriteLine(CrashOptions.Usage);
            return 2;
        }
        using var run = new CrashRun(options, Console.WriteLine);
        run.Run();
        Console.WriteLine($"{run.Passed} rounds passed, {run.Failed} failed, {run.Acknowledged} acknowledged operations verified");
        return run.Failed == 0 == (options.Plant == CrashPlant.None) ? 0 : 1;
    }

    /// <summary>The process under load: ends when the daemon does.</summary>
    public static int Record(string mount, string logPath, ulong seed, bool lies)
    {
        using var log = new CrashLog(logPath);
        Thread[] threads = [.. Enumerable.Range(0, Workers).Select(worker => new Thread(new CrashRecorder(worker, mount, log, seed, lies).Run))];
        foreach (var thread in threads) thread.Start();
        foreach (var thread in threads) thread.Join();
        return 0;
    }

    public void Run()
    {
        for (var round = 0; round < _options.Rounds; round++)
        {
            if (Problem(round) is not { } problem)
            {
                Passed++;
                continue;
            }
            Failed++;
            _say($"round {round} of seed {_options.Seed} failed: {problem}");
            Keep(round);
            _volume.Dispose();
            (_volume, _ballast) = Prepare();
        }
    }

    public void Dispose()
    {
        _volume.Dispose();
        _notes.Delete(recursive: true);
    }

    private (MountedVolume Volume, CrashBallast Ballast) Prepare()
    {
        _volume = MountedVolume.Small(s_settings);
        for (var worker = 0; worker < Workers; worker++) Directory.CreateDirectory(CrashRecorder.FolderOf(_volume.Root, worker));
        var ballast = Directory.CreateDirectory(Path.Combine(_volume.Root, "ballast"));
        File.WriteAllBytes(SharedPath, []);
        using var root = PosixFile.Open(_volume.Root, OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY);
        root.Fsync();
        (_trees, _shared) = ([.. Enumerable.Repeat(CrashTree.Empty, Workers)], []);
        return (_volume, new CrashBallast(ballast.FullName));
    }

    /// <summary>One round. Null where all was as promised.</summary>
    private string? Problem(int round)
    {
        var random = new Random((int)(_options.Seed * 1_000_003 + (ulong)round));
        try
        {
            if (round / RoundsOfAKind % 2 == 1) _ballast.Fill();
            else _ballast.Drop();
            var old = _options.Plant == CrashPlant.OldImages ? Images() : [];
            KillUnderLoad(random, (ulong)random.Next());
            foreach (var (path, bytes) in old) File.WriteAllBytes(path, bytes);
            _volume.Clear();
            if (round % RoundsOfAKind == RoundsOfAKind - 1) _volume.Check();
            KillAgain(random);
            _volume.Mount(s_settings);
            return Verify();
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            return failure.ToString();
        }
    }

    private void KillUnderLoad(Random random, ulong seed)
    {
        File.WriteAllBytes(LogPath, []);
        using var recorders = TestProcess.StartSelf("crash-record", _volume.Root, LogPath, $"{seed}", $"{_options.Plant == CrashPlant.Lie}");
        var noted = 1000 * (1 + random.Next(60));
        using var patience = new CancellationTokenSource(PatienceMilliseconds);
        while (new FileInfo(LogPath).Length < noted && !recorders.HasEnded)
        {
            Assert.False(patience.IsCancellationRequested, "the recorders do not get on");
            patience.Token.WaitHandle.WaitOne(1);
        }
        var endedBefore = recorders.HasEnded;
        _volume.Kill();
        var (exitCode, output) = recorders.WaitForExit();
        var complaints = string.Join(Environment.NewLine, CrashLog.Read(LogPath, Workers).Complaints);
        Assert.False(endedBefore, $"the recorders ended before the daemon was killed: {exitCode} {output} {complaints}");
    }

    /// <summary>Up to two kills more, while the volume is mounted or when it just is.</summary>
    private void KillAgain(Random random)
    {
        for (var kills = random.Next(4) - 1; kills > 0; kills--)
        {
            if (random.Next(3) > 0)
            {
                _volume.KillWhileMounting(TimeSpan.FromMilliseconds(50 + random.Next(500)));
                continue;
            }
            _volume.Mount(s_settings);
            _volume.Kill();
            _volume.Clear();
        }
    }

    private string? Verify()
    {
        var (workers, complaints) = CrashLog.Read(LogPath, Workers);
        if (complaints.Count > 0) return string.Join(Environment.NewLine, complaints);
        var found = new CrashTree[Workers];
        for (var worker = 0; worker < Workers; worker++)
        {
            found[worker] = CrashScan.Of(CrashRecorder.FolderOf(_volume.Root, worker));
            var verifier = new CrashVerifier(_trees[worker], workers[worker]);
            if (verifier.Verify(found[worker]) is { } problem) return $"worker {worker}: {problem}";
            Acknowledged += verifier.Acknowledged;
        }
        var shared = File.ReadAllBytes(SharedPath);
        var problemOfAll = CrashSharedFile.Verify(_shared, shared, workers) ?? _ballast.Verify();
        (_trees, _shared) = (found, shared);
        return problemOfAll;
    }

    private List<(string Path, byte[] Bytes)> Images()
    {
        _volume.Kill();
        List<(string, byte[])> images = [.. _volume.Images.Select(path => (path, File.ReadAllBytes(path)))];
        _volume.Recover(s_settings);
        return images;
    }

    private void Keep(int round)
    {
        if (_options.KeepFolder is not { } folder) return;
        var kept = Directory.CreateDirectory(Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"seed-{_options.Seed}-round-{round}")));
        foreach (var path in _volume.Images.Append(LogPath).Append(_volume.LogPath))
        {
            // The daemon has locked the images: that is no reason not to look at them.
            using var from = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var to = File.Create(Path.Combine(kept.FullName, Path.GetFileName(path)));
            from.CopyTo(to);
        }
    }
}
