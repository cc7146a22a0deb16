using System.Text;
using System.Text.Json;
using ZoneTierFS.Cli.Json;
using ZoneTierFS.Engine;
using ZoneTierFS.Engine.Placement;
using ZoneTierFS.Linux;
using FileMode = ZoneTierFS.Linux.FileMode;

namespace ZoneTierFS.Cli.Serving;

/// <summary>
/// The extended attributes "user.ztfs.*": where a file lies and why, and the handles to change it. They are computed when read and never stored.
/// Reading is for everyone who may read attributes, except for the status; changing is for the file's owner and root.
/// </summary>
/// <param name="identity">What the status says of the mount.</param>
/// <param name="fastTier">Name of the volume's first tier.</param>
internal sealed class ControlAttributes(Volume volume, MountIdentity identity, string fastTier)
{
    public const string Prefix = "user.ztfs.";
    public const string Class = Prefix + "class";
    public const string ClassReason = Prefix + "class.reason";
    public const string Tier = Prefix + "tier";
    public const string Pin = Prefix + "pin";
    public const string Heat = Prefix + "heat";
    public const string Extents = Prefix + "extents";
    public const string Sealed = Prefix + "sealed";
    public const string Explain = Prefix + "explain";
    public const string Warm = Prefix + "warm";
    public const string Evict = Prefix + "evict";
    /// <summary>On the root directory only; for the daemon's user and root, as it tells of the machine and of all that others do.</summary>
    public const string Status = Prefix + "status";

    /// <summary>As <see cref="Status"/>, of the scrub; "start" and "stop" may be set.</summary>
    public const string Scrub = Prefix + "scrub";

    /// <summary>The kernel's limit for one value (XATTR_SIZE_MAX).</summary>
    public const int ValueBytesMax = 65536;

    /// <summary>No value that can be set is longer: names of classes and tiers, and a few words. Longer ones are refused before they are looked at.</summary>
    private const int SetBytesMax = 64;

    /// <summary>Extents that take more than this are read on request but not listed, so that listing attributes stays cheap to read.</summary>
    private const int ListedExtentsBytesMax = 16384;

    public static bool IsControl(ReadOnlySpan<byte> name) => name.StartsWith("user.ztfs."u8);

    /// <summary>As getxattr(2): the value's length, ERANGE when the memory is not empty and too short, ENODATA where there is none.</summary>
    public Result<int> Get(ulong inode, ReadOnlySpan<byte> name, Span<byte> into, FileCaller caller)
    {
        if ((name.SequenceEqual("user.ztfs.status"u8) || name.SequenceEqual("user.ztfs.scrub"u8)) && !MayAsk(caller))
            return Errno.EPERM;
        var value = Value(inode, Encoding.UTF8.GetString(name));
        if (!value.IsOk)
            return value.Error;
        if (into.Length == 0)
            return value.Value.Length;
        return value.Value.AsSpan().TryCopyTo(into) ? value.Value.Length : Errno.ERANGE;
    }

    /// <summary>Adds the names of the attributes that an inode has behind those that are in the memory already.</summary>
    /// <param name="used">Bytes of names that are stored, and, unless the memory is empty, lie in it.</param>
    public Result<int> List(ulong inode, Span<byte> into, int used)
    {
        var names = Names(inode);
        if (!names.IsOk)
            return names.Error;
        var bytes = Encoding.UTF8.GetBytes(string.Concat(names.Value.Select(name => name + '\0')));
        if (into.Length == 0)
            return used + bytes.Length;
        return bytes.AsSpan().TryCopyTo(into[used..]) ? used + bytes.Length : Errno.ERANGE;
    }

    public ValueTask<Errno> SetAsync(ulong inode, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, FileCaller caller)
    {
        if (value.Length > SetBytesMax)
            return new(Errno.EINVAL);
        var text = Encoding.UTF8.GetString(value).Trim();
        var attribute = Encoding.UTF8.GetString(name);
        if (attribute == Scrub)
            return new(SetScrub(inode, text, caller));
        if (attribute is not (Class or Pin or Warm or Evict))
            return new(Errno.EINVAL);
        if (MayChange(inode, caller) is var error && error != Errno.Ok)
            return new(error);
        return (attribute, text) switch
        {
            (Class, _) when TryParseClass(text, out var fileClass) => volume.SetClassAsync(inode, fileClass),
            (Pin, not "") => volume.SetPinAsync(inode, text),
            (Warm, "1") => new(volume.Warm(inode)),
            (Evict, "1") => volume.EvictAsync(inode),
            _ => new(Errno.EINVAL),
        };
    }

    public ValueTask<Errno> RemoveAsync(ulong inode, ReadOnlySpan<byte> name, FileCaller caller)
    {
        var attribute = Encoding.UTF8.GetString(name);
        if (attribute is not (Class or Pin))
            return new(Errno.ENODATA);
        if (MayChange(inode, caller) is var error && error != Errno.Ok)
            return new(error);
        return attribute == Class ? volume.SetClassAsync(inode, null) : volume.SetPinAsync(inode, null);
    }

    private static bool TryParseClass(string text, out FileClass fileClass) =>
        Enum.TryParse(text, ignoreCase: true, out fileClass) && PlacementText.NameOf(fileClass) == text;

    private Errno MayChange(ulong inode, FileCaller caller)
    {
        var status = volume.GetStatus(inode);
        if (!status.IsOk)
            return status.Error;
        if (!FileMode.IsRegular(status.Value.Mode))
            return Errno.EINVAL;
        return caller.UserId == 0 || caller.UserId == status.Value.UserId ? Errno.Ok : Errno.EPERM;
    }

    private Errno SetScrub(ulong inode, string text, FileCaller caller)
    {
        if (inode != Volume.RootInode || text is not ("start" or "stop"))
            return Errno.EINVAL;
        if (!MayAsk(caller))
            return Errno.EPERM;
        if (text == "start")
            return volume.StartScrub();
        volume.StopScrub();
        return Errno.Ok;
    }

    private bool MayAsk(FileCaller caller) => caller.UserId == 0 || caller.UserId == identity.UserId;

    private Result<byte[]> Value(ulong inode, string name)
    {
        if (name == Status)
            return inode == Volume.RootInode ? StatusJson() : Errno.ENODATA;
        if (name == Scrub)
            return inode == Volume.RootInode ? ScrubJson() : Errno.ENODATA;
        var placement = PlacementOf(inode);
        return placement.IsOk ? Value(placement.Value, name) : placement.Error;
    }

    private Result<byte[]> Value(FilePlacement placement, string name) => name switch
    {
        Class => Encoding.UTF8.GetBytes(PlacementText.NameOf(placement.Class)),
        ClassReason => Encoding.UTF8.GetBytes(placement.ClassReason),
        Tier => Encoding.UTF8.GetBytes(PlacementText.Shares(placement)),
        Pin when placement.Pin is { } pin => Encoding.UTF8.GetBytes(pin),
        Heat => Encoding.UTF8.GetBytes(PlacementText.Heat(placement)),
        Extents => PlacementText.ExtentsJson(placement, ValueBytesMax),
        Sealed => placement.Sealed ? "1"u8.ToArray() : "0"u8.ToArray(),
        Explain => PlacementText.ExplainJson(placement, fastTier, ValueBytesMax),
        _ => Errno.ENODATA,
    };

    private Result<string[]> Names(ulong inode)
    {
        if (inode == Volume.RootInode)
            return new[] { Status };
        var placement = PlacementOf(inode);
        if (!placement.IsOk)
            return placement.Error == Errno.ENODATA ? Array.Empty<string>() : placement.Error;
        List<string> names = [Class, ClassReason, Tier, Heat, Sealed];
        if (placement.Value.Pin is not null)
            names.Add(Pin);
        if (PlacementText.ExtentsJson(placement.Value, ListedExtentsBytesMax, out var whole).Length > 0 && whole)
            names.Add(Extents);
        return names.ToArray();
    }

    /// <summary>ENODATA for what is no regular file and so has no place.</summary>
    private Result<FilePlacement> PlacementOf(ulong inode)
    {
        var status = volume.GetStatus(inode);
        if (!status.IsOk)
            return status.Error;
        return FileMode.IsRegular(status.Value.Mode) ? volume.GetPlacement(inode) : Errno.ENODATA;
    }

    private byte[] ScrubJson() => JsonSerializer.SerializeToUtf8Bytes(volume.GetVolumeStatus().Scrub, CliJson.Readable.ScrubStatus);

    private byte[] StatusJson()
    {
        var (process, mountPoint, name, configuration, _) = identity;
        var status = new MountStatus(process, mountPoint, name, configuration, ProcessStatus.Now(), volume.GetVolumeStatus());
        return JsonSerializer.SerializeToUtf8Bytes(status, CliJson.Readable.MountStatus);
    }
}
