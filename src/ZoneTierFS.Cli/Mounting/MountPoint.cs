using Mono.Unix.Native;
using ZoneTierFS.Cli.Commands;
using ZoneTierFS.Cli.Serving;
using ZoneTierFS.Linux;
using Errno = Mono.Unix.Native.Errno;

namespace ZoneTierFS.Cli.Mounting;

/// <summary>Directories to mount on.</summary>
internal static class MountPoint
{
    /// <summary>The path as the kernel's table shows it: absolute, without symbolic links. It may be missing, or a mount that no longer answers.</summary>
    public static string Resolve(string path)
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        if (KernelMounts.Resolve(full) is { IsOk: true } resolved)
            return resolved.Value;
        var parent = Path.GetDirectoryName(full);
        return parent is not null && KernelMounts.Resolve(parent) is { IsOk: true } above ? Path.Combine(above.Value, Path.GetFileName(full)) : full;
    }

    /// <param name="path">As <see cref="Resolve"/> gives it.</param>
    public static MountPointState Look(string path, IReadOnlyList<MountEntry> table)
    {
        if (table.At(path) is { } mount)
            return mount.IsOurs && IsDead(path) ? MountPointState.Stale : MountPointState.Mounted;
        if (Syscall.stat(path, out var status) != 0)
            return Stdlib.GetLastError() is Errno.ENOENT or Errno.ENOTDIR ? MountPointState.Missing : MountPointState.Unreadable;
        if ((status.st_mode & FilePermissions.S_IFMT) != FilePermissions.S_IFDIR)
            return MountPointState.NotADirectory;
        try
        {
            return Directory.EnumerateFileSystemEntries(path).Any() ? MountPointState.NotEmpty : MountPointState.Ready;
        }
        catch (UnauthorizedAccessException)
        {
            return MountPointState.Unreadable;
        }
    }

    /// <summary>Asks for what the kernel never answers by itself: it remembers attributes for a daemon that has long been dead.</summary>
    private static bool IsDead(string path) => Syscall.getxattr(path, ControlAttributes.Status, [], 0) < 0 && Stdlib.GetLastError() == Errno.ENOTCONN;

    /// <summary>Why one cannot mount there and what to do about it; null when one can.</summary>
    public static CommandException? Refusal(string path, MountPointState state) => state switch
    {
        MountPointState.Ready => null,
        MountPointState.Missing => new("the mountpoint does not exist", path, $"Make it with 'mkdir -p {path}'."),
        MountPointState.NotADirectory => new("the mountpoint is no directory", path, "Name an empty directory."),
        MountPointState.NotEmpty => new("the mountpoint is not empty", path, "Name an empty directory; what lies there would be hidden."),
        MountPointState.Mounted => new("something is mounted there already", path, $"Run 'ztfs unmount {path}' first, or name another directory."),
        MountPointState.Stale => new("a mount whose daemon has died is in the way", path, $"Run 'ztfs unmount {path}', then mount again."),
        _ => new("the mountpoint cannot be read", path, "Give yourself the right to read it, or name another directory."),
    };
}
