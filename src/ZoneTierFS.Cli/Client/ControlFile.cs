using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Mono.Unix.Native;
using ZoneTierFS.Cli.Commands;
using ZoneTierFS.Cli.Json;
using ZoneTierFS.Cli.Serving;
using ZoneTierFS.Engine;

namespace ZoneTierFS.Cli.Client;

/// <summary>A file or directory in a mount, seen through its "user.ztfs.*" attributes: the only way in which commands talk to a daemon.</summary>
internal sealed class ControlFile(string path)
{
    public string Path { get; } = path;

    /// <summary>What the daemon says of the mount whose root directory this is.</summary>
    public MountStatus Status() =>
        Read(ControlAttributes.Status, CliJson.Readable.MountStatus)
        ?? throw new CommandException("not the root of a ztfs mount", Path, "Name the directory that 'ztfs mount' was given.");

    /// <summary>What the daemon says of the scrub of the mount whose root directory this is.</summary>
    public ScrubStatus ScrubStatus() =>
        Read(ControlAttributes.Scrub, CliJson.Readable.ScrubStatus)
        ?? throw new CommandException("not the root of a ztfs mount", Path, "Name the directory that 'ztfs mount' was given.");

    /// <summary>What the daemon says of this file.</summary>
    public FileReport Explain() =>
        Read(ControlAttributes.Explain, CliJson.Readable.FileReport)
        ?? throw (Directory.Exists(Path)
            ? new CommandException("is a directory", Path, "Name a file in it.")
            : new CommandException("not a file in a ztfs mount", Path, "Name a regular file below the mountpoint of a ztfs mount."));

    public void Set(string attribute, string value)
    {
        if (Syscall.setxattr(Path, attribute, Encoding.UTF8.GetBytes(value)) != 0)
            throw Failure(attribute, value, Stdlib.GetLastError());
    }

    /// <summary>Removes an attribute; one that is not there is no error.</summary>
    public void Remove(string attribute)
    {
        if (Syscall.removexattr(Path, attribute) != 0 && Stdlib.GetLastError() is var error && error != Errno.ENODATA)
            throw Failure(attribute, "", error);
    }

    /// <summary>Null where there is no such attribute.</summary>
    private T? Read<T>(string attribute, JsonTypeInfo<T> type) where T : class
    {
        var value = new byte[ControlAttributes.ValueBytesMax];
        var length = Syscall.getxattr(Path, attribute, value, (ulong)value.Length);
        if (length < 0)
            return Stdlib.GetLastError() is var error && error is Errno.ENODATA or Errno.EOPNOTSUPP ? null : throw Failure(attribute, "", error);
        try
        {
            return JsonSerializer.Deserialize(value.AsSpan(0, (int)length), type);
        }
        catch (JsonException e)
        {
            throw new CommandException($"{attribute} is not what a mount of this version answers", Path, "Mount the volume with this version of ztfs.", e);
        }
    }

    private CommandException Failure(string attribute, string value, Errno error) => error switch
    {
        Errno.ENOENT or Errno.ENOTDIR => new("there is no such file", Path, "Check the path."),
        Errno.ENOTCONN => new("the daemon of this mount has died", Path, "Unmount it with 'ztfs unmount', then mount again; nothing that was synced is lost."),
        Errno.EPERM => new("only the owner and root may do that", Path, "Run as one of them."),
        Errno.EACCES => new("permission denied", Path, "Run as a user who may use this mount; mount.allowOther lets others in."),
        Errno.EINVAL => new($"the mount does not take {attribute} = '{value}'", Path, "Check the value: a tier must be one of the volume's."),
        Errno.EROFS => new("the volume is mounted read-only", Path, "Mount it with the right to write."),
        Errno.ENOSPC => new("there is no space left", Path, "Delete or evict something."),
        _ => new($"{Syscall.strerror(error)} ({error}) on {attribute}", Path, "The daemon's log says more."),
    };
}
