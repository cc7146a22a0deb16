using System.Net.Sockets;
using System.Text;
using Mono.Unix.Native;
using Xunit;
using ZoneTierFS.MountTests.Fixtures;

namespace ZoneTierFS.MountTests.Conformance;

/// <summary>Names: directories, renames, links.</summary>
public abstract partial class PosixConformance
{
    private const uint NoReplace = 1;
    private const uint Exchange = 2;

    [Fact]
    public void A_listing_shows_each_of_many_entries_once_with_its_attributes()
    {
        const int Count = 5_000;
        for (var index = 0; index < Count; index++)
            File.WriteAllText(In($"entry-{index:D5}"), index % 10 == 0 ? "ten bytes!" : "");
        var listed = new DirectoryInfo(_folder).GetFiles();
        Assert.Equal(Count, listed.Length);
        Assert.Equal(Count, listed.Select(file => file.Name).Distinct().Count());
        Assert.Equal(Count / 10, listed.Count(file => file.Length == 10));
        for (var index = 0; index < Count; index++)
            File.Delete(In($"entry-{index:D5}"));
        Assert.Empty(Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public void Entries_that_stay_are_listed_while_others_are_deleted()
    {
        for (var index = 0; index < 1_000; index++)
            File.WriteAllText(In($"{(index % 2 == 0 ? "keep" : "drop")}-{index}"), "");
        var kept = 0;
        foreach (var path in Directory.EnumerateFiles(_folder))
        {
            if (Path.GetFileName(path).StartsWith("drop", StringComparison.Ordinal))
                File.Delete(path);
            else
                kept++;
        }
        Assert.Equal(500, kept);
        Assert.Equal(500, Directory.GetFiles(_folder).Length);
    }

    [Fact]
    public void A_missing_name_appears_as_soon_as_it_is_created_and_disappears_when_it_is_removed()
    {
        for (var round = 0; round < 3; round++)
        {
            Assert.False(File.Exists(In("f")));
            File.WriteAllText(In("f"), "x");
            Assert.True(File.Exists(In("f")));
            File.Delete(In("f"));
        }
        Assert.Equal(Errno.ENOENT, PosixFile.ErrorOf(Syscall.unlink(In("f"))));
    }

    [Fact]
    public void Directories_count_their_subdirectories_and_only_go_when_empty()
    {
        Directory.CreateDirectory(In("a/b"));
        Directory.CreateDirectory(In("a/c"));
        Assert.Equal(4ul, StatusOf(In("a")).st_nlink);
        Assert.Equal(Errno.ENOTEMPTY, PosixFile.ErrorOf(Syscall.rmdir(In("a"))));
        Directory.Delete(In("a/b"));
        Assert.Equal(3ul, StatusOf(In("a")).st_nlink);
        Assert.Equal(Errno.EEXIST, PosixFile.ErrorOf(Syscall.mkdir(In("a/c"), (FilePermissions)0x1ED)));
        File.WriteAllText(In("f"), "");
        Assert.Equal(Errno.ENOTDIR, PosixFile.ErrorOf(Syscall.rmdir(In("f"))));
        Assert.Equal(Errno.EISDIR, PosixFile.ErrorOf(Syscall.unlink(In("a"))));
    }

    [Fact]
    public void Names_take_255_bytes_and_no_more()
    {
        var longest = new string('n', 255);
        File.WriteAllText(In(longest), "x");
        Assert.Equal(longest, Path.GetFileName(Assert.Single(Directory.GetFiles(_folder))));
        Assert.Equal(Errno.ENAMETOOLONG, PosixFile.ErrorOf(Syscall.open(In(longest + "n"), OpenFlags.O_CREAT | OpenFlags.O_WRONLY, (FilePermissions)0x1A4)));
        Assert.Equal(Errno.ENAMETOOLONG, PosixFile.ErrorOf(Syscall.lstat(In(longest + "n"), out _)));
    }

    [Fact]
    public void Rename_moves_a_file_over_another_in_one_step()
    {
        File.WriteAllText(In("new"), "new");
        File.WriteAllText(In("target"), "old");
        using var old = PosixFile.Open(In("target"), OpenFlags.O_RDONLY);
        PosixFile.Check(Syscall.rename(In("new"), In("target")));
        Assert.Equal("new", File.ReadAllText(In("target")));
        Assert.False(File.Exists(In("new")));
        Assert.Equal("old", Encoding.ASCII.GetString(old.ReadAt(10, 0)));
        Assert.Equal(0ul, old.Status().st_nlink);
    }

    [Fact]
    public async Task A_reader_finds_the_old_or_the_new_file_while_it_is_replaced()
    {
        File.WriteAllText(In("target"), "0000");
        var replacing = Task.Run(() =>
        {
            for (var round = 1; round <= 300; round++)
            {
                File.WriteAllText(In("new"), $"{round:D4}");
                PosixFile.Check(Syscall.rename(In("new"), In("target")));
            }
        });
        var last = 0;
        while (!replacing.IsCompleted)
        {
            var seen = int.Parse(File.ReadAllText(In("target")), null);
            Assert.InRange(seen, last, 300);
            last = seen;
        }
        await replacing;
        Assert.Equal("0300", File.ReadAllText(In("target")));
    }

    [Fact]
    public void Rename_obeys_its_flags()
    {
        File.WriteAllText(In("a"), "a");
        File.WriteAllText(In("b"), "b");
        Assert.Equal(Errno.EEXIST, PosixFile.Rename(In("a"), In("b"), NoReplace));
        Assert.Equal((Errno)0, PosixFile.Rename(In("a"), In("c"), NoReplace));
        Assert.Equal((Errno)0, PosixFile.Rename(In("c"), In("b"), Exchange));
        Assert.Equal("b", File.ReadAllText(In("c")));
        Assert.Equal("a", File.ReadAllText(In("b")));
        Assert.Equal(Errno.ENOENT, PosixFile.Rename(In("c"), In("missing"), Exchange));
    }

    [Fact]
    public void Directories_are_renamed_with_what_is_in_them()
    {
        Directory.CreateDirectory(In("from/deep"));
        File.WriteAllText(In("from/deep/f"), "x");
        Directory.CreateDirectory(In("to"));
        Directory.Move(In("from"), In("to/moved"));
        Assert.Equal("x", File.ReadAllText(In("to/moved/deep/f")));
        Assert.Equal(3ul, StatusOf(In("to")).st_nlink);
        Directory.CreateDirectory(In("full"));
        File.WriteAllText(In("full/f"), "");
        Assert.Equal(Errno.ENOTEMPTY, PosixFile.ErrorOf(Stdlib.rename(In("to"), In("full"))));
        Assert.Equal(Errno.EINVAL, PosixFile.ErrorOf(Stdlib.rename(In("to"), In("to/moved/deep/inside"))));
    }

    [Fact]
    public void Symbolic_links_lead_where_they_say()
    {
        File.WriteAllText(In("target"), "x");
        PosixFile.Check(Syscall.symlink("target", In("link")));
        Assert.Equal("x", File.ReadAllText(In("link")));
        Assert.Equal(6, StatusOf(In("link")).st_size);
        var longest = new string('l', 4000);
        PosixFile.Check(Syscall.symlink(longest, In("long")));
        Assert.Equal(longest, new FileInfo(In("long")).LinkTarget);
        Assert.Equal("target", new FileInfo(In("link")).LinkTarget);
    }

    [Fact]
    public void Hard_links_share_one_file()
    {
        File.WriteAllText(In("one"), "x");
        PosixFile.Check(Syscall.link(In("one"), In("two")));
        Assert.Equal(StatusOf(In("one")).st_ino, StatusOf(In("two")).st_ino);
        Assert.Equal(2ul, StatusOf(In("one")).st_nlink);
        File.AppendAllText(In("two"), "y");
        Assert.Equal("xy", File.ReadAllText(In("one")));
        File.Delete(In("one"));
        Assert.Equal(1ul, StatusOf(In("two")).st_nlink);
        Assert.Equal("xy", File.ReadAllText(In("two")));
        Assert.Equal(Errno.EEXIST, PosixFile.ErrorOf(Syscall.link(In("two"), In("two"))));
    }

    [Fact]
    public void An_unlinked_file_lives_until_it_is_closed()
    {
        var file = PosixFile.Create(In("f"));
        file.WriteAt(Noise(100_000, seed: 20), 0);
        PosixFile.Check(Syscall.unlink(In("f")));
        Assert.False(File.Exists(In("f")));
        file.DropCache();
        Assert.Equal(Noise(100_000, seed: 20), file.ReadAt(100_000, 0));
        file.WriteAt("more"u8, 100_000);
        Assert.Equal(100_004, file.Status().st_size);
        Assert.Equal(0ul, file.Status().st_nlink);
        file.Dispose();
    }

    [Fact]
    public void Special_files_keep_their_kind()
    {
        PosixFile.Check(Syscall.mkfifo(In("fifo"), (FilePermissions)0x1A4));
        PosixFile.Check(Syscall.mknod(In("socket"), FilePermissions.S_IFSOCK | (FilePermissions)0x1A4, 0));
        PosixFile.Check(Syscall.mknod(In("null"), FilePermissions.S_IFCHR | (FilePermissions)0x1B6, (1 << 8) | 3));
        PosixFile.Check(Syscall.mknod(In("disk"), FilePermissions.S_IFBLK | (FilePermissions)0x180, (7 << 8) | 200));
        PosixFile.Check(Syscall.mknod(In("plain"), FilePermissions.S_IFREG | (FilePermissions)0x180, 0));
        Assert.Equal(FilePermissions.S_IFIFO, KindOf("fifo"));
        Assert.Equal(FilePermissions.S_IFSOCK, KindOf("socket"));
        Assert.Equal((FilePermissions.S_IFCHR, (1ul << 8) | 3), (KindOf("null"), StatusOf(In("null")).st_rdev));
        Assert.Equal((FilePermissions.S_IFBLK, (7ul << 8) | 200), (KindOf("disk"), StatusOf(In("disk")).st_rdev));
        Assert.Equal(FilePermissions.S_IFREG, KindOf("plain"));
    }

    [Fact]
    public async Task Fifos_and_sockets_work_as_elsewhere()
    {
        PosixFile.Check(Syscall.mkfifo(In("fifo"), (FilePermissions)0x1A4));
        var read = Task.Run(() => File.ReadAllText(In("fifo")));
        using (var writer = PosixFile.Open(In("fifo"), OpenFlags.O_WRONLY))
            writer.Write("through the pipe"u8);
        Assert.Equal("through the pipe", await read);
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(In("socket")));
        listener.Listen();
        using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await client.ConnectAsync(new UnixDomainSocketEndPoint(In("socket")));
        Assert.Equal(FilePermissions.S_IFSOCK, KindOf("socket"));
    }

    [Fact]
    public void Exchange_changes_kinds_and_link_counts_along()
    {
        Directory.CreateDirectory(In("a/dir/sub"));
        Directory.CreateDirectory(In("b"));
        File.WriteAllText(In("b/file"), "x");
        Assert.Equal((Errno)0, PosixFile.Rename(In("a/dir"), In("b/file"), Exchange));
        Assert.Equal("x", File.ReadAllText(In("a/dir")));
        Assert.True(Directory.Exists(In("b/file/sub")));
        Assert.Equal((2ul, 3ul), (StatusOf(In("a")).st_nlink, StatusOf(In("b")).st_nlink));
        Assert.Equal(StatusOf(In("b")).st_ino, StatusOf(In("b/file/..")).st_ino);
        Assert.Equal((Errno)0, PosixFile.Rename(In("b/file"), In("a/dir"), Exchange));
        Assert.Equal((3ul, 2ul), (StatusOf(In("a")).st_nlink, StatusOf(In("b")).st_nlink));
    }

    [Fact]
    public void Directories_are_not_exchanged_into_each_other()
    {
        Directory.CreateDirectory(In("a/b/c"));
        Assert.Equal(Errno.EINVAL, PosixFile.Rename(In("a"), In("a/b/c"), Exchange));
        Assert.Equal(Errno.EINVAL, PosixFile.Rename(In("a/b/c"), In("a"), Exchange));
        Assert.Equal(Errno.EINVAL, PosixFile.Rename(In("a"), In("a/b"), Exchange));
        Assert.True(Directory.Exists(In("a/b/c")));
    }

    [Fact]
    public void Renames_that_are_not_served_change_nothing()
    {
        const uint Whiteout = 4;
        File.WriteAllText(In("a"), "a");
        File.WriteAllText(In("b"), "b");
        Assert.Equal(Errno.EINVAL, PosixFile.Rename(In("a"), In("b"), Whiteout));
        Assert.Equal(Errno.EINVAL, PosixFile.Rename(In("a"), In("b"), NoReplace | Exchange));
        Assert.Equal(Errno.EEXIST, PosixFile.Rename(In("a"), In("a"), NoReplace));
        Assert.Equal((Errno)0, PosixFile.Rename(In("a"), In("a"), Exchange));
        Assert.Equal(("a", "b"), (File.ReadAllText(In("a")), File.ReadAllText(In("b"))));
    }

    private FilePermissions KindOf(string name) => StatusOf(In(name)).st_mode & FilePermissions.S_IFMT;
}
