using System.Text;
using Mono.Unix.Native;
using Xunit;
using ZoneTierFS.MountTests.Fixtures;

namespace ZoneTierFS.MountTests.Crash;

/// <summary>Reads a recorder's directory as it is found.</summary>
internal static class CrashScan
{
    public static CrashTree Of(string folder)
    {
        var options = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0, IgnoreInaccessible = false };
        var tree = CrashTree.Empty;
        foreach (var path in Directory.GetFileSystemEntries(folder, "*", options))
        {
            PosixFile.Check(Syscall.lstat(path, out var status));
            tree = tree.With(Path.GetRelativePath(folder, path), (long)status.st_ino, Item(path, status));
        }
        return tree;
    }

    private static CrashItem Item(string path, Stat status)
    {
        switch (status.st_mode & FilePermissions.S_IFMT)
        {
            case FilePermissions.S_IFREG:
                var item = new CrashItem(File.ReadAllBytes(path), null);
                var error = PosixFile.ErrorOf(Syscall.lgetxattr(path, "user.note", out var note));
                if (error == Errno.ENODATA)
                    return item;
                Assert.Equal((Errno)0, error);
                return item with { Xattrs = item.Xattrs.Add("user.note", Encoding.ASCII.GetString(note)) };
            case FilePermissions.S_IFLNK:
                return new CrashItem(null, new FileInfo(path).LinkTarget);
            default:
                return new CrashItem(null, null);
        }
    }
}
