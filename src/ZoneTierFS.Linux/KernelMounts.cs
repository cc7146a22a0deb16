using System.Runtime.InteropServices;
using System.Text;

namespace ZoneTierFS.Linux;

/// <summary>mount(2) and umount2(2), for callers that have the privilege.</summary>
public static unsafe class KernelMounts
{
    /// <summary>True when this process may be expected to mount by itself.</summary>
    public static bool IsRoot => LibC.geteuid() == 0;

    /// <summary>The path without symbolic links, "." and "..". ENOENT and ENOTDIR as realpath(3) says.</summary>
    public static Result<string> Resolve(string path)
    {
        var resolved = stackalloc byte[LibC.PATH_MAX];
        return LibC.realpath(path, resolved) is null
            ? LastError()
            : Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(resolved));
    }

    /// <summary>Mounts a FUSE connection over a directory, with permission checks by the kernel, nosuid and nodev.</summary>
    /// <param name="subtype">Shown after "fuse." as the filesystem's type.</param>
    /// <param name="options">More mount data, comma separated; empty for none.</param>
    public static Errno AttachFuse(FuseChannel channel, string source, string directory, string subtype, bool readOnly, string options)
    {
        var flags = LibC.MS_NOSUID | LibC.MS_NODEV | (readOnly ? LibC.MS_RDONLY : 0);
        var data = $"fd={channel.Descriptor},rootmode=40000,user_id={LibC.geteuid()},group_id={LibC.getegid()}";
        if (options.Length > 0)
            data += "," + options;
        return LibC.mount(source, directory, "fuse." + subtype, (nuint)flags, data) == 0 ? Errno.Ok : LastError();
    }

    /// <summary>Unmounts. EBUSY: files there are open; EINVAL: nothing is mounted there.</summary>
    /// <param name="lazy">Take it out of the tree now; it ends when the last open file is closed.</param>
    /// <param name="force">Fail what is under way first; with <paramref name="lazy"/> this always ends a FUSE connection.</param>
    public static Errno Detach(string directory, bool lazy, bool force) =>
        LibC.umount2(directory, (lazy ? LibC.MNT_DETACH : 0) | (force ? LibC.MNT_FORCE : 0)) == 0 ? Errno.Ok : LastError();

    private static Errno LastError() => (Errno)Marshal.GetLastPInvokeError();
}
