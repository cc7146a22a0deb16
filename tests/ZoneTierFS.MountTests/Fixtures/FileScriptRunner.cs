using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Mono.Unix.Native;

namespace ZoneTierFS.MountTests.Fixtures;

/// <summary>The operations of <see cref="FileScript"/>, in the current folder.</summary>
internal sealed partial class FileScriptRunner
{
    /// <summary>O_NOATIME, which the library of calls drops.</summary>
    private const int NoAccessTime = 0x40000;

    private const uint Unchanged = uint.MaxValue;
    private readonly Dictionary<string, Stat> _noted = [];

    /// <summary>Whether a line's operation shows something besides success.</summary>
    public static bool Shows(string line) => line.Split(' ')[0] is "stat" or "changed" or "getx" or "listx" or "readlink" or "sh";

    /// <returns>"ok", an errno's name, or what the operation shows.</returns>
    public string Run(string[] words) => words switch
    {
        ["as", var who] => Become(who),
        ["umask", var mask] => Ok(Syscall.umask(Mode(mask))),
        ["create", var mode, var path] => Opened(path, OpenFlags.O_CREAT | OpenFlags.O_EXCL | OpenFlags.O_WRONLY, Mode(mode), _ => 0),
        ["open", var how, var path] => Opened(path, Flags(how), 0, _ => 0),
        ["read", var path] => Opened(path, OpenFlags.O_RDONLY, 0, Read),
        ["readquietly", var path] => Opened(open(path, NoAccessTime), Read),
        ["write", var path] => Opened(path, OpenFlags.O_WRONLY, 0, Write),
        ["copy", var from, var to] => Opened(from, OpenFlags.O_RDONLY, 0, source => Copy(source, to)),
        ["fallocate", var mode, var offset, var length, var path] =>
            Opened(path, OpenFlags.O_WRONLY, 0, file => fallocate(file, (int)Number(mode), Number(offset), Number(length))),
        ["truncate", var length, var path] => Done(Syscall.truncate(path, Number(length))),
        ["ftruncate", var length, var path] => Opened(path, OpenFlags.O_WRONLY, 0, file => Syscall.ftruncate(file, Number(length))),
        _ => RunOnNames(words),
    };

    private string RunOnNames(string[] words) => words switch
    {
        ["mkdir", var mode, var path] => Done(Syscall.mkdir(path, Mode(mode))),
        ["fifo", var mode, var path] => Done(Syscall.mknod(path, FilePermissions.S_IFIFO | Mode(mode), 0)),
        ["symlink", var target, var path] => Done(Syscall.symlink(target, path)),
        ["readlink", var path] => ReadLink(path),
        ["link", var from, var to] => Done(Syscall.link(from, to)),
        ["unlink", var path] => Done(Syscall.unlink(path)),
        ["rmdir", var path] => Done(Syscall.rmdir(path)),
        ["rename", var from, var to] => Name(PosixFile.Rename(from, to, 0)),
        ["exchange", var from, var to] => Name(PosixFile.Rename(from, to, 2)),
        ["list", var path] => List(path),
        ["sh", .. var command] => Shell(string.Join(' ', command)),
        _ => RunOnAttributes(words),
    };

    private string RunOnAttributes(string[] words) => words switch
    {
        ["chmod", var mode, var path] => Done(Syscall.chmod(path, Mode(mode))),
        ["chown", var user, var group, var path] => Done(Syscall.lchown(path, Id(user), Id(group))),
        ["access", var mode, var path] => Done(faccessat(-100, path, (int)Number(mode), 0x200)),
        ["utimens", var accessed, var modified, var path] =>
            Done(Syscall.utimensat(Syscall.AT_FDCWD, path, [Time(accessed), Time(modified)], AtFlags.AT_SYMLINK_NOFOLLOW)),
        ["setx", var name, var value, var path] => Done(Syscall.lsetxattr(path, name, Value(value))),
        ["setx", var name, var value, var path, var how] =>
            Done(Syscall.lsetxattr(path, name, Value(value), how == "create" ? XattrFlags.XATTR_CREATE : XattrFlags.XATTR_REPLACE)),
        ["getx", var name, var path] => Syscall.lgetxattr(path, name, out var value) is var result && result < 0 ? Done(result) : Text(value ?? []),
        ["rmx", var name, var path] => Done(Syscall.lremovexattr(path, name)),
        ["listx", var path] => ListXattrs(path),
        ["getsmall", var name, var room, var path] => GetSmall(path, name, (int)Number(room)),
        ["listsmall", var room, var path] => ListSmall(path, (int)Number(room)),
        ["stat", var path] => Describe(path),
        ["note", .. var paths] => Note(paths),
        ["changed", .. var paths] => string.Join(' ', paths.Select(Changed)),
        _ => throw new ArgumentException("Unknown line: " + string.Join(' ', words)),
    };

    /// <summary>Takes the user on as effective and real one, and keeps root as the saved one, to go back to.</summary>
    private static string Become(string who)
    {
        PosixFile.Check(Syscall.setresuid(0, 0, 0));
        if (who == "root")
        {
            PosixFile.Check(Syscall.setgroups([]));
            return Done(Syscall.setresgid(0, 0, 0));
        }
        var ids = who.Split(':', ',').Select(id => uint.Parse(id, CultureInfo.InvariantCulture)).ToArray();
        PosixFile.Check(Syscall.setgroups(ids[2..]));
        PosixFile.Check(Syscall.setresgid(ids[1], ids[1], 0));
        return Done(Syscall.setresuid(ids[0], ids[0], 0));
    }

    private static string Opened(string path, OpenFlags flags, FilePermissions mode, Func<int, long> use) => Opened(Syscall.open(path, flags, mode), use);

    private static string Opened(int file, Func<int, long> use)
    {
        if (file < 0)
            return Done(file);
        var result = Done(use(file));
        PosixFile.Check(Syscall.close(file));
        return result;
    }

    private static unsafe long Read(int file)
    {
        var into = stackalloc byte[16];
        return Syscall.pread(file, into, 16, 0);
    }

    private static unsafe long Write(int file)
    {
        var from = stackalloc byte[3];
        return Syscall.pwrite(file, from, 3, 0);
    }

    private static unsafe long Copy(int source, string to)
    {
        var target = Syscall.open(to, OpenFlags.O_WRONLY);
        if (target < 0)
            return target;
        var copied = copy_file_range(source, null, target, null, 1 << 20, 0);
        var error = Marshal.GetLastPInvokeError();
        PosixFile.Check(Syscall.close(target));
        Marshal.SetLastPInvokeError(error);
        return copied;
    }

    private static string ReadLink(string path)
    {
        var into = new byte[8192];
        var length = Syscall.readlink(path, into);
        return length < 0 ? Done(length) : Encoding.UTF8.GetString(into, 0, (int)length);
    }

    private static string List(string path)
    {
        var directory = Syscall.opendir(path);
        if (directory == 0)
            return Done(-1);
        while (Syscall.readdir(directory) is not null)
        {
        }
        return Done(Syscall.closedir(directory));
    }

    private static string ListXattrs(string path)
    {
        var result = Syscall.llistxattr(path, Encoding.UTF8, out var names);
        var stored = names.Where(name => !name.StartsWith("user.ztfs.", StringComparison.Ordinal));
        return result < 0 ? Done(result) : string.Join(' ', stored.Order(StringComparer.Ordinal)) is { Length: > 0 } list ? list : "none";
    }

    private static unsafe string GetSmall(string path, string name, int room)
    {
        var into = stackalloc byte[room];
        return Done(lgetxattr(path, name, into, (ulong)room));
    }

    private static unsafe string ListSmall(string path, int room)
    {
        var into = stackalloc byte[room];
        return Done(llistxattr(path, into, (ulong)room));
    }

    /// <returns>What the command prints, in one line, or how it failed.</returns>
    private static string Shell(string command)
    {
        using var shell = Process.Start(new ProcessStartInfo("sh", ["-c", command]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = shell.StandardError.ReadToEndAsync();
        var output = shell.StandardOutput.ReadToEnd().Trim().Replace('\n', ';');
        shell.WaitForExit();
        return shell.ExitCode != 0 ? $"exit {shell.ExitCode}: {errors.Result.Trim().Replace('\n', ';')}" : output.Length > 0 ? output : "ok";
    }

    private static string Describe(string path)
    {
        var result = Syscall.lstat(path, out var status);
        if (result < 0)
            return Done(result);
        var mode = Convert.ToString((int)(uint)status.st_mode, 8);
        var size = (status.st_mode & FilePermissions.S_IFMT) == FilePermissions.S_IFDIR ? "" : $" size={status.st_size}";
        return $"{mode} {status.st_uid}:{status.st_gid} links={status.st_nlink}{size}";
    }

    private string Note(string[] paths)
    {
        foreach (var path in paths)
        {
            PosixFile.Check(Syscall.lstat(path, out var status));
            _noted[path] = status;
        }
        AwaitClock();
        return "ok";
    }

    /// <summary>The letters of the times that have moved since the path was noted.</summary>
    private string Changed(string path)
    {
        PosixFile.Check(Syscall.lstat(path, out var now));
        var before = _noted[path];
        var letters = ((now.st_atime, now.st_atime_nsec) != (before.st_atime, before.st_atime_nsec) ? "a" : "")
            + ((now.st_mtime, now.st_mtime_nsec) != (before.st_mtime, before.st_mtime_nsec) ? "m" : "")
            + ((now.st_ctime, now.st_ctime_nsec) != (before.st_ctime, before.st_ctime_nsec) ? "c" : "");
        return $"{path}:{(letters.Length == 0 ? "-" : letters)}";
    }

    /// <summary>Filesystems take times from a clock that ticks a few hundred times a second; the next change must fall on a later tick.</summary>
    private static unsafe void AwaitClock()
    {
        const int CoarseRealTime = 5;
        var start = stackalloc long[2];
        var now = stackalloc long[2];
        PosixFile.Check(clock_gettime(CoarseRealTime, start));
        do
            PosixFile.Check(clock_gettime(CoarseRealTime, now));
        while (now[0] == start[0] && now[1] == start[1]);
    }

    private static OpenFlags Flags(string how) => how.Split(',').Aggregate((OpenFlags)0, (flags, word) => flags | word switch
    {
        "r" => OpenFlags.O_RDONLY,
        "w" => OpenFlags.O_WRONLY,
        "rw" => OpenFlags.O_RDWR,
        "trunc" => OpenFlags.O_TRUNC,
        _ => throw new ArgumentException(word),
    });

    private static Timespec Time(string text) => text switch
    {
        "now" => new() { tv_nsec = Syscall.UTIME_NOW },
        "omit" => new() { tv_nsec = Syscall.UTIME_OMIT },
        _ => new() { tv_sec = Number(text) },
    };

    /// <summary>"@100" is 100 bytes, "" none, all else itself.</summary>
    private static byte[] Value(string text) => text switch
    {
        _ when text.StartsWith('@') => [.. Enumerable.Range(0, (int)Number(text[1..])).Select(index => (byte)(index * 7 + index / 256))],
        _ when text.StartsWith("0x", StringComparison.Ordinal) => Convert.FromHexString(text[2..]),
        _ => Encoding.UTF8.GetBytes(text),
    };

    private static string Text(byte[] value) =>
        value.Length > 64 ? $"{value.Length} bytes, {Value("@" + value.Length).SequenceEqual(value)}" : "0x" + Convert.ToHexString(value);

    private static uint Id(string text) => text == "-1" ? Unchanged : uint.Parse(text, CultureInfo.InvariantCulture);

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);

    private static FilePermissions Mode(string octal) => (FilePermissions)Convert.ToUInt32(octal, 8);

    private static string Ok(FilePermissions ignored) => "ok";

    private static string Done(long result) => Name(PosixFile.ErrorOf(result));

    private static string Name(Errno error) => error == 0 ? "ok" : error.ToString();
}
