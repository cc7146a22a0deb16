using Mono.Unix.Native;
using Xunit;
using ZoneTierFS.MountTests.Fixtures;

namespace ZoneTierFS.MountTests.Crash;

/// <summary>
/// One thread of the application: changes its own directory by system calls that it chooses by a seed, and notes each before it makes it and each sync when it
/// returned. It also reads its files and compares. It ends when the daemon is gone.
/// </summary>
/// <param name="lies">Notes syncs as acknowledged without asking for them: what a verifier must find out.</param>
internal sealed class CrashRecorder(int worker, string mount, CrashLog log, ulong seed, bool lies)
{
    /// <summary>Bytes of a record of the shared file.</summary>
    public const int SharedRecordBytes = 64;

    /// <summary>More than all recorders can write before one of them has asked again, bytes.</summary>
    private const ulong RoomForMaps = 16 << 20;

    public const string SharedName = "shared";

    private readonly string _folder = FolderOf(mount, worker);
    private CrashTree _tree = CrashTree.Empty;
    private long _items;
    private ulong _tags;

    public static string FolderOf(string mount, int worker) => Path.Combine(mount, $"worker{worker}");

    /// <summary>The tag of a recorder's steps: worker (8 bits), seed of the round (32), count (24).</summary>
    public static ulong TagOf(int worker, ulong seed, ulong count) => ((ulong)worker << 56) | ((seed & 0xFFFFFFFF) << 24) | count;

    public void Run()
    {
        try
        {
            using var calls = new CrashCalls(_folder, Path.Combine(mount, SharedName));
            _tree = CrashScan.Of(_folder);
            _items = 1L << 40;
            var plan = new CrashPlan(new Random((int)(seed * 31 + (ulong)worker)), () => TagOf(worker, seed, ++_tags), HasRoom);
            while (true)
            {
                foreach (var step in plan.Next(_tree))
                    if (!TryTake(step, calls)) break;
                Compare(plan.FileToRead(_tree));
            }
        }
        catch (Exception failure) when (IsDaemonGone())
        {
            // Whatever failed, failed because the other side is dead: this is how a round ends.
            _ = failure;
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            log.Complain(worker, failure.ToString());
        }
    }

    /// <returns>False where it was refused for want of space; the rest of the plan makes no sense then.</returns>
    private bool TryTake(CrashStep step, CrashCalls calls)
    {
        log.Intend(worker, step);
        if (lies && step.IsSync)
        {
            log.Acknowledge(worker);
            return true;
        }
        var (error, length) = calls.Make(step);
        // Deleting always works.
        if (error == Errno.ENOSPC && step.Kind is not (CrashStepKind.Unlink or CrashStepKind.RemoveDirectory))
        {
            log.Refuse(worker, error);
            return false;
        }
        if (error != 0)
            throw new Xunit.Sdk.XunitException($"{step}: {error}");
        if (step.IsSync)
            log.Acknowledge(worker);
        else if (length < step.Length)
            log.Shorten(worker, length);
        _tree = _tree.After(step with { Length = (int)length }, _items++);
        return true;
    }

    private void Compare(string? path)
    {
        if (path is not null)
            Assert.True(File.ReadAllBytes(Path.Combine(_folder, path)).AsSpan().SequenceEqual(_tree.Find(path)!.Content), $"{path} reads as something else");
    }

    private bool HasRoom()
    {
        PosixFile.Check(Syscall.statvfs(mount, out var space));
        return space.f_bavail * space.f_frsize > RoomForMaps;
    }

    /// <summary>statfs always asks the daemon.</summary>
    private bool IsDaemonGone() => PosixFile.ErrorOf(Syscall.statvfs(mount, out _)) is Errno.ENOTCONN or Errno.ECONNABORTED;
}
