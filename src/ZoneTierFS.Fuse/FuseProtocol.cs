using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ZoneTierFS.Fuse.Abi;

namespace ZoneTierFS.Fuse;

/// <summary>What this server and the kernel agreed on in INIT.</summary>
internal sealed record FuseProtocol(uint KernelMinor, FuseInitFlags Flags, int MaxIoBytes)
{
    public const uint Major = 7;

    /// <summary>The newest version whose changes are used here.</summary>
    public const uint Minor = 45;

    /// <summary>Since 7.23 (Linux 3.15) every struct used here has its present layout.</summary>
    public const uint OldestMinor = 23;

    /// <summary>Longest read and write where the kernel offers MAX_PAGES: 256 pages, its default limit.</summary>
    public const int MaxPages = 256;
    public const int PageBytes = 4096;

    /// <summary>What a kernel without MAX_PAGES allows.</summary>
    private const int OldMaxPages = 32;

    /// <summary>Read-ahead and asynchronous direct requests that may be under way at once; above the second number the kernel calls itself congested.</summary>
    private const ushort MaxBackground = 64;
    private const ushort CongestionThreshold = 48;

    /// <summary>
    /// No locks: the kernel then keeps them itself, which is right for one host. No write-back cache: it is slower from 64 KiB on, and hides from the
    /// filesystem what it should buffer and place. No AUTO_INVAL_DATA: nobody changes files behind the kernel's back.
    /// </summary>
    private const FuseInitFlags Wanted =
        FuseInitFlags.AsyncRead | FuseInitFlags.AtomicOpenTruncate | FuseInitFlags.ExportSupport | FuseInitFlags.BigWrites |
        FuseInitFlags.ReadDirPlus | FuseInitFlags.ReadDirPlusAuto | FuseInitFlags.AsyncDirectIo | FuseInitFlags.ParallelDirectoryOperations |
        FuseInitFlags.AbortError | FuseInitFlags.MaxPages | FuseInitFlags.CacheSymlinks | FuseInitFlags.ExplicitInvalidateData |
        FuseInitFlags.HandleKillPrivV2 | FuseInitFlags.SetXattrExt | FuseInitFlags.InitExt | FuseInitFlags.DirectIoAllowMmap;

    /// <summary>The kernel then checks by access control lists, and leaves the umask to the filesystem, as a default list takes its place.</summary>
    private const FuseInitFlags WantedForLists = FuseInitFlags.PosixAcl | FuseInitFlags.DontMask;

    /// <summary>The umask comes with each creation and is the filesystem's to apply.</summary>
    public bool HasDontMask => (Flags & FuseInitFlags.DontMask) != 0;

    public bool HasSetXattrExt => (Flags & FuseInitFlags.SetXattrExt) != 0;

    /// <summary>
    /// Whether a file may bypass the page cache. Before Linux 6.6 the kernel refuses shared maps of such a file with ENODEV, and programs that map it
    /// would stop working.
    /// </summary>
    public bool AllowsDirectIo => (Flags & FuseInitFlags.DirectIoAllowMmap) != 0;

    /// <summary>Answers one INIT.</summary>
    /// <param name="arguments">The request behind its header.</param>
    /// <param name="accessControlLists">As <see cref="FuseOptions.AccessControlLists"/>.</param>
    /// <returns>
    /// The reply, and what was agreed; null where the kernel must ask again with our version. False: the request is damaged or the kernel too old.
    /// </returns>
    public static bool TryNegotiate(ReadOnlySpan<byte> arguments, bool accessControlLists, out FuseInitOut reply, out FuseProtocol? agreed)
    {
        reply = new FuseInitOut { Major = Major, Minor = Minor };
        agreed = null;
        if (!MemoryMarshal.TryRead(arguments, out FuseInitIn input) || input.Major < Major || (input.Major == Major && input.Minor < OldestMinor))
            return false;
        if (input.Major > Major)
            return true;
        var offered = (FuseInitFlags)input.Flags;
        if ((offered & FuseInitFlags.InitExt) != 0 && MemoryMarshal.TryRead(arguments[Unsafe.SizeOf<FuseInitIn>()..], out uint more))
            offered |= (FuseInitFlags)((ulong)more << 32);
        var flags = offered & (accessControlLists ? Wanted | WantedForLists : Wanted);
        var pages = (flags & FuseInitFlags.MaxPages) != 0 ? MaxPages : OldMaxPages;
        agreed = new FuseProtocol(input.Minor, flags, pages * PageBytes);
        reply.MaxReadAhead = input.MaxReadAhead;
        reply.Flags = (uint)flags;
        reply.Flags2 = (uint)((ulong)flags >> 32);
        reply.MaxBackground = MaxBackground;
        reply.CongestionThreshold = CongestionThreshold;
        reply.MaxWrite = (uint)agreed.MaxIoBytes;
        reply.TimeGranularity = 1;
        reply.MaxPages = (ushort)pages;
        return true;
    }
}
