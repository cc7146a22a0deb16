using System.Security.Cryptography;
using System.Text;
using Mono.Unix.Native;

namespace ZoneTierFS.MountTests.Fixtures;

/// <summary>All that a program can see of a tree, but for access times, as one line per entry.</summary>
internal static class TreeSnapshot
{
    public static string Of(string root)
    {
        var options = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0, IgnoreInaccessible = false };
        var paths = Directory.GetFileSystemEntries(root, "*", options).Order(StringComparer.Ordinal);
        return string.Join('\n', paths.Select(path => Path.GetRelativePath(root, path) + " " + Describe(path)));
    }

    private static string Describe(string path)
    {
        PosixFile.Check(Syscall.lstat(path, out var status));
        var kind = status.st_mode & FilePermissions.S_IFMT;
        var content = "";
        if (kind == FilePermissions.S_IFREG)
            content = Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(path)));
        if (kind == FilePermissions.S_IFLNK)
            content = new FileInfo(path).LinkTarget;
        var times = $"{status.st_mtime}.{status.st_mtime_nsec:D9} {status.st_ctime}.{status.st_ctime_nsec:D9}";
        return $"{status.st_ino} {status.st_mode:x} {status.st_uid}:{status.st_gid} links={status.st_nlink} size={status.st_size} blocks={status.st_blocks} " +
            $"{times} {content} {Xattrs(path)}";
    }

    private static string Xattrs(string path)
    {
        PosixFile.Check(Syscall.llistxattr(path, Encoding.UTF8, out var names));
        return string.Join(' ', names.Where(name => !name.StartsWith("user.ztfs.", StringComparison.Ordinal)).Order(StringComparer.Ordinal).Select(name =>
        {
            PosixFile.Check(Syscall.lgetxattr(path, name, out var value));
            return name + "=" + Convert.ToHexString(value ?? []);
        }));
    }
}
