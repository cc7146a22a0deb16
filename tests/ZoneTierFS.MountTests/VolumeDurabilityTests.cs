using System.Text;
using Mono.Unix.Native;
using Xunit;
using ZoneTierFS.MountTests.Fixtures;

namespace ZoneTierFS.MountTests;

/// <summary>What a volume keeps when it is unmounted, and when its daemon is killed.</summary>
[Trait("Kind", "Volume")]
public sealed class VolumeDurabilityTests : IDisposable
{
    private const int MiB = 1 << 20;
    private readonly MountedVolume _volume = new();

    public void Dispose() => _volume.Dispose();

    [Fact]
    public void A_remount_keeps_everything()
    {
        MakeTree();
        var before = TreeSnapshot.Of(_volume.Root);
        _volume.Remount();
        Assert.Equal(before, TreeSnapshot.Of(_volume.Root));
        _volume.Terminate();
        _volume.Check();
        _volume.Mount();
        Assert.Equal(before, TreeSnapshot.Of(_volume.Root));
    }

    [Fact]
    public void Being_terminated_loses_nothing_that_was_written()
    {
        var bytes = Noise(10 * MiB, seed: 1);
        File.WriteAllBytes(In("f"), bytes);
        _volume.Terminate();
        _volume.Mount();
        Assert.Equal(bytes, File.ReadAllBytes(In("f")));
    }

    [Fact]
    public void Changes_through_a_map_survive_a_remount()
    {
        using (var file = PosixFile.Create(In("f")))
        {
            file.Truncate(2 * MiB);
            using var map = new FileMap(file, 2 * MiB, shared: true, writable: true);
            Noise(MiB, seed: 2).CopyTo(map.Span[12345..]);
        }
        _volume.Remount();
        Assert.Equal(Noise(MiB, seed: 2), File.ReadAllBytes(In("f"))[12345..(12345 + MiB)]);
    }

    [Fact]
    public void What_was_synced_survives_a_kill()
    {
        Directory.CreateDirectory(In("d"));
        for (var index = 0; index < 20; index++)
            WriteSynced(In($"d/synced-{index}"), Noise(100_000 * index, seed: index));
        File.WriteAllBytes(In("d/unsynced"), Noise(MiB, seed: 100));
        _volume.Kill();
        _volume.Recover();
        for (var index = 0; index < 20; index++)
            Assert.Equal(Noise(100_000 * index, seed: index), File.ReadAllBytes(In($"d/synced-{index}")));
        WriteSynced(In("d/after"), Noise(MiB, seed: 101));
        Assert.Equal(Noise(MiB, seed: 101), File.ReadAllBytes(In("d/after")));
    }

    [Fact]
    public void Kill_after_kill_the_synced_part_of_a_growing_file_stays()
    {
        var expected = new List<byte>();
        for (var round = 0; round < 4; round++)
        {
            using (var file = PosixFile.Open(In("log"), OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_APPEND))
            {
                for (var line = 0; line < 50; line++)
                {
                    var bytes = Encoding.ASCII.GetBytes($"round {round} line {line}\n");
                    file.Write(bytes);
                    expected.AddRange(bytes);
                }
                file.Fsync();
                _volume.Kill();
                // A request that the kernel queued before it saw the daemon dead is aborted; later ones find no connection.
                Assert.Contains(PosixFile.ErrorOf(Syscall.fsync(file.Descriptor)), new[] { Errno.ENOTCONN, Errno.ECONNABORTED });
            }
            _volume.Recover();
            Assert.Equal(expected, File.ReadAllBytes(In("log")));
        }
    }

    [Fact]
    public void A_file_that_is_replaced_is_old_or_new_but_whole_after_a_kill()
    {
        WriteSynced(In("target"), Version(0));
        var lastSynced = 0;
        for (var version = 1; version <= 30; version++)
        {
            WriteSynced(In("new"), Version(version));
            PosixFile.Check(Stdlib.rename(In("new"), In("target")));
            if (version % 10 == 5)
            {
                SyncFolder(_volume.Root);
                lastSynced = version;
            }
        }
        _volume.Kill();
        _volume.Recover();
        var found = File.ReadAllBytes(In("target"));
        var number = BitConverter.ToInt32(found);
        Assert.InRange(number, lastSynced, 30);
        Assert.Equal(Version(number), found);
    }

    [Fact]
    public void A_removed_and_synced_name_does_not_come_back()
    {
        WriteSynced(In("gone"), Noise(MiB, seed: 3));
        WriteSynced(In("stays"), Noise(MiB, seed: 4));
        File.Delete(In("gone"));
        SyncFolder(_volume.Root);
        _volume.Kill();
        _volume.Recover();
        Assert.Equal(["stays"], Directory.GetFileSystemEntries(_volume.Root).Select(Path.GetFileName));
    }

    [Fact]
    public void A_file_without_a_name_is_gone_after_a_kill_and_its_space_is_free()
    {
        SyncFolder(_volume.Root);
        var before = SpaceOf(_volume.Root);
        using (var file = PosixFile.OpenUnnamed(_volume.Root))
        {
            file.WriteAt(Noise(5 * MiB, seed: 8), 0);
            file.Fsync();
            Assert.True(SpaceOf(_volume.Root).f_bfree < before.f_bfree);
            _volume.Kill();
        }
        _volume.Recover();
        Assert.Empty(Directory.GetFileSystemEntries(_volume.Root));
        Assert.Equal((before.f_bfree, before.f_files), (SpaceOf(_volume.Root).f_bfree, SpaceOf(_volume.Root).f_files));
    }

    [Fact]
    public void A_file_that_was_given_a_name_late_survives_a_kill()
    {
        using (var file = PosixFile.OpenUnnamed(_volume.Root))
        {
            file.WriteAt(Noise(MiB, seed: 9), 0);
            Assert.Equal((Errno)0, file.LinkAs(In("named"), byProc: true));
            file.Fsync();
            _volume.Kill();
        }
        _volume.Recover();
        Assert.Equal(Noise(MiB, seed: 9), File.ReadAllBytes(In("named")));
    }

    [Fact]
    public void File_handles_and_flags_survive_a_remount_and_a_kill()
    {
        Directory.CreateDirectory(In("d"));
        WriteSynced(In("d/f"), Noise(1000, seed: 10));
        var (handle, folder) = (PosixFile.HandleOf(In("d/f")), PosixFile.HandleOf(In("d")));
        using (var file = PosixFile.Open(In("d/f"), OpenFlags.O_RDONLY))
            Assert.Equal((Errno)0, file.SetImmutable(true));
        SyncFolder(_volume.Root);
        _volume.Remount();
        AssertSealed(handle, folder);
        _volume.Kill();
        _volume.Recover();
        AssertSealed(handle, folder);
    }

    private void AssertSealed(byte[] handle, byte[] folder)
    {
        using var file = PosixFile.OpenHandle(_volume.Root, handle, flags: 0);
        Assert.Equal(Noise(1000, seed: 10), file.ReadAt(2000, 0));
        Assert.True(file.IsImmutable());
        Assert.Equal(Errno.EPERM, PosixFile.ErrorOf(Syscall.unlink(In("d/f"))));
        using var directory = PosixFile.OpenHandle(_volume.Root, folder, flags: 0);
        Assert.Equal(["f"], Directory.GetFiles($"/proc/self/fd/{directory.Descriptor}").Select(Path.GetFileName));
    }

    private static Statvfs SpaceOf(string path)
    {
        PosixFile.Check(Syscall.statvfs(path, out var space));
        return space;
    }

    private static byte[] Version(int number) => [.. BitConverter.GetBytes(number), .. Noise(200_000 + number, seed: number)];

    private static byte[] Noise(int length, int seed)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private static void WriteSynced(string path, byte[] bytes)
    {
        using var file = PosixFile.Open(path, OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_TRUNC);
        file.WriteAt(bytes, 0);
        file.Fsync();
    }

    private static void SyncFolder(string path)
    {
        using var folder = PosixFile.Open(path, OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY);
        folder.Fsync();
    }

    private string In(string name) => Path.Combine(_volume.Root, name);

    private void MakeTree()
    {
        Directory.CreateDirectory(In("models/deep/er"));
        WriteSynced(In("models/large"), Noise(20 * MiB + 5, seed: 5));
        for (var index = 0; index < 200; index++)
            File.WriteAllBytes(In($"models/deep/small-{index}"), Noise(index * 37, seed: index));
        using (var sparse = PosixFile.Create(In("sparse")))
        {
            sparse.WriteAt(Noise(5000, seed: 6), 10 * MiB);
            sparse.Truncate(50 * MiB);
            sparse.Fsync();
        }
        PosixFile.Check(Syscall.symlink("models/large", In("link")));
        PosixFile.Check(Syscall.link(In("models/large"), In("models/deep/er/same")));
        PosixFile.Check(Syscall.mkfifo(In("fifo"), (FilePermissions)0x1A4));
        PosixFile.Check(Syscall.setxattr(In("models/large"), "user.note", Noise(500, seed: 7)));
        PosixFile.Check(Syscall.setxattr(In("models"), "user.folder", "yes"u8.ToArray()));
        PosixFile.Check(Syscall.chmod(In("models/deep/small-7"), (FilePermissions)0x9ED));
        PosixFile.Check(Syscall.chown(In("models/deep/small-8"), 1234, 4321));
        Timespec[] times = [new() { tv_sec = 1_000_000_000, tv_nsec = 1 }, new() { tv_sec = 1_234_567_890, tv_nsec = 123_456_789 }];
        PosixFile.Check(Syscall.utimensat(Syscall.AT_FDCWD, In("models/deep/small-9"), times, 0));
        PosixFile.Check(Syscall.utimensat(Syscall.AT_FDCWD, In("models/deep"), times, 0));
        SyncFolder(_volume.Root);
    }
}
