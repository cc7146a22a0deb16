using System.Runtime.InteropServices;
using System.Text;
using Mono.Unix.Native;
using Xunit;
using ZoneTierFS.MountTests.Fixtures;

namespace ZoneTierFS.MountTests;

/// <summary>Limits of names and links, and what is said of space.</summary>
[Trait("Kind", "Volume")]
public sealed unsafe partial class VolumeLimitTests(MountedVolume mount) : IClassFixture<MountedVolume>, IDisposable
{
    private const int MiB = 1 << 20;
    private static readonly string Longest = new('n', 255);

    private readonly FolderPair _folders = new(mount);

    public void Dispose() => _folders.Dispose();

    [Fact]
    public void Names_and_links_have_the_limits_of_the_host() => _folders.AssertAlike($"""
        create 644 {Longest}
        stat {Longest}
        create 644 {Longest}n => ENAMETOOLONG
        stat {Longest}n => ENAMETOOLONG
        mkdir 755 {Longest}n => ENAMETOOLONG
        symlink x {Longest}n => ENAMETOOLONG
        link {Longest} {Longest}n => ENAMETOOLONG
        rename {Longest} {Longest}n => ENAMETOOLONG
        unlink {Longest}n => ENAMETOOLONG
        symlink {new string('t', 4095)} l
        readlink l
        stat l
        symlink {new string('t', 4096)} l2 => ENAMETOOLONG
        open r {string.Concat(Enumerable.Repeat("./", 2048))}x => ENAMETOOLONG
        open r {string.Concat(Enumerable.Repeat("./", 1900))}{Longest}
        symlink loop loop
        open r loop => ELOOP
        symlink b a
        symlink a b
        read a => ELOOP
        readlink loop => loop
        mkdir 755 d
        mkdir 755 d/1
        mkdir 755 d/2
        stat d => 40755 0:0 links=4
        rmdir d => ENOTEMPTY
        rmdir d/1
        stat d => 40755 0:0 links=3
        link d d2 => EPERM
        rmdir {Longest} => ENOTDIR
        unlink d => EISDIR
        create 644 {Longest}/x => ENOTDIR
        rename d d/2/3 => EINVAL
        """);

    [Fact]
    public void A_name_may_have_every_byte_but_slash_and_zero()
    {
        for (var value = 1; value < 256; value++)
        {
            if (value is '/')
                continue;
            byte[] path = [.. Encoding.UTF8.GetBytes(_folders.Mounted), (byte)'/', (byte)'x', (byte)value, 0];
            fixed (byte* start = path)
                PosixFile.Check(mkdir(start, 0x1ED));
        }
        Assert.Equal(2ul + 254, Status(_folders.Mounted).st_nlink);
        mount.Remount();
        for (var value = 1; value < 256; value++)
        {
            if (value is '/')
                continue;
            byte[] path = [.. Encoding.UTF8.GetBytes(_folders.Mounted), (byte)'/', (byte)'x', (byte)value, 0];
            fixed (byte* start = path)
                PosixFile.Check(rmdir(start));
        }
        Assert.Equal(2ul, Status(_folders.Mounted).st_nlink);
    }

    [Fact]
    public void Free_space_falls_with_what_is_written_and_comes_back()
    {
        var before = Space();
        Assert.Equal((4096ul, 4096ul), (before.f_bsize, before.f_frsize));
        using (var file = PosixFile.Create(In("f")))
        {
            file.WriteAt(Noise(8 * MiB), 0);
            Assert.InRange((long)(before.f_bfree - Space().f_bfree), 8 * MiB / 4096, 9 * MiB / 4096);
            file.Fsync();
            Assert.InRange((long)(before.f_bfree - Space().f_bfree), 8 * MiB / 4096, 9 * MiB / 4096);
        }
        var full = Space();
        Assert.Equal(full.f_bfree, full.f_bavail);
        Assert.Equal(before.f_files - before.f_ffree + 1, full.f_files - full.f_ffree);
        File.Delete(In("f"));
        // The kernel forgets the file a moment after it is deleted.
        var (least, files) = (before.f_bfree - 16, before.f_files - before.f_ffree);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        for (var now = Space(); now.f_bfree < least || now.f_files - now.f_ffree != files; now = Space())
            Assert.False(patience.IsCancellationRequested, $"{now.f_bfree} blocks are free after {before.f_bfree}");
    }

    [Fact]
    public void Blocks_are_what_holds_data()
    {
        using var file = PosixFile.Create(In("f"));
        file.Truncate(MiB);
        Assert.Equal(0, file.Status().st_blocks);
        file.WriteAt(Noise(4096), MiB / 2);
        Assert.Equal(8, file.Status().st_blocks);
        file.Fsync();
        Assert.Equal(8, file.Status().st_blocks);
        // What is written anew lies elsewhere, and counts until the old blocks are given up.
        file.WriteAt(Noise(4096), MiB / 2);
        file.Fsync();
        Assert.Equal(8, file.Status().st_blocks);
        file.WriteAt(Noise(MiB), 0);
        Assert.Equal(MiB / 512, file.Status().st_blocks);
        file.Fsync();
        Assert.Equal(MiB / 512, file.Status().st_blocks);
        const int PunchHole = 3;
        Assert.Equal((Errno)0, file.Allocate(PunchHole, 4096, MiB / 2));
        Assert.Equal(MiB / 2 / 512, file.Status().st_blocks);
        file.Truncate(100);
        Assert.Equal(8, file.Status().st_blocks);
        file.Fsync();
        Assert.Equal((8, 4096L), (file.Status().st_blocks, file.Status().st_blksize));
        file.Truncate(0);
        Assert.Equal(0, file.Status().st_blocks);
    }

    private string In(string name) => Path.Combine(_folders.Mounted, name);

    private Statvfs Space()
    {
        PosixFile.Check(Syscall.statvfs(mount.Root, out var space));
        return space;
    }

    private static Stat Status(string path)
    {
        PosixFile.Check(Syscall.lstat(path, out var status));
        return status;
    }

    private static byte[] Noise(int length)
    {
        var bytes = new byte[length];
        new Random(7).NextBytes(bytes);
        return bytes;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int mkdir(byte* path, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int rmdir(byte* path);
}
