using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace ZoneTierFS.Linux;

public static unsafe partial class LibC
{
    /// <summary>_IOR(229, 0, uint32_t): makes an open /dev/fuse another door to the connection of the descriptor it is given.</summary>
    internal const uint FUSE_DEV_IOC_CLONE = 0x8004E500;

    internal const int AF_UNIX = 1;
    internal const int SOCK_STREAM = 1;
    internal const int SOL_SOCKET = 1;
    internal const int SCM_RIGHTS = 1;
    internal const int MSG_CMSG_CLOEXEC = 0x40000000;
    internal const int F_SETFD = 2;
    internal const int F_SETFL = 4;
    internal const int FD_CLOEXEC = 1;

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint read(SafeFileHandle file, byte* into, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint write(SafeFileHandle file, byte* from, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int ioctl(SafeFileHandle file, nuint request, void* argument);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int fcntl(SafeFileHandle file, int command, nint argument);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int socketpair(int domain, int type, int protocol, int* pair);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint recvmsg(SafeFileHandle socket, MessageHeader* message, int flags);

    /// <summary>struct msghdr, alike on 64-bit glibc and musl.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 56)]
    internal struct MessageHeader
    {
        [FieldOffset(0)] public nint msg_name;
        [FieldOffset(8)] public uint msg_namelen;
        [FieldOffset(16)] public IoVector* msg_iov;
        [FieldOffset(24)] public nuint msg_iovlen;
        [FieldOffset(32)] public void* msg_control;
        [FieldOffset(40)] public nuint msg_controllen;
        [FieldOffset(48)] public int msg_flags;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct IoVector
    {
        public void* iov_base;
        public nuint iov_len;
    }

    /// <summary>struct cmsghdr with room for one descriptor: CMSG_SPACE(sizeof(int)) is 24.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 24)]
    internal struct DescriptorMessage
    {
        [FieldOffset(0)] public nuint cmsg_len;
        [FieldOffset(8)] public int cmsg_level;
        [FieldOffset(12)] public int cmsg_type;
        [FieldOffset(16)] public int descriptor;
    }
}
