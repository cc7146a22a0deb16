using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace ZoneTierFS.Linux;

/// <summary>A socket pair over which a child process, that inherits one end, hands an open /dev/fuse to this process.</summary>
public sealed unsafe class DescriptorSocket : IDisposable
{
    private readonly SafeFileHandle _ours;
    private readonly SafeFileHandle _childs;

    private DescriptorSocket(SafeFileHandle ours, SafeFileHandle childs) => (_ours, _childs) = (ours, childs);

    /// <summary>The number under which a child started now finds its end.</summary>
    public int ChildDescriptor => (int)_childs.DangerousGetHandle();

    public static Result<DescriptorSocket> Create()
    {
        var pair = stackalloc int[2];
        if (LibC.socketpair(LibC.AF_UNIX, LibC.SOCK_STREAM, 0, pair) != 0)
            return LastError();
        var socket = new DescriptorSocket(new SafeFileHandle(pair[0], ownsHandle: true), new SafeFileHandle(pair[1], ownsHandle: true));
        // The child must not inherit our end: this end's reader would then never see that the child is gone.
        if (LibC.fcntl(socket._ours, LibC.F_SETFD, LibC.FD_CLOEXEC) == 0)
            return socket;
        var error = LastError();
        socket.Dispose();
        return error;
    }

    /// <summary>Closes this process's copy of the child's end, once the child runs.</summary>
    public void ChildStarted() => _childs.Dispose();

    /// <summary>Waits for the descriptor. ENODEV when the child ended without sending one.</summary>
    public Result<FuseChannel> Receive()
    {
        byte data = 0;
        var vector = new LibC.IoVector { iov_base = &data, iov_len = 1 };
        var control = default(LibC.DescriptorMessage);
        var message = new LibC.MessageHeader
        {
            msg_iov = &vector,
            msg_iovlen = 1,
            msg_control = &control,
            msg_controllen = (nuint)sizeof(LibC.DescriptorMessage),
        };
        nint count;
        while ((count = LibC.recvmsg(_ours, &message, LibC.MSG_CMSG_CLOEXEC)) < 0)
        {
            if (LastError() is var error && error != Errno.EINTR)
                return error;
        }
        var hasDescriptor = count > 0 && message.msg_controllen >= 20 && control.cmsg_level == LibC.SOL_SOCKET && control.cmsg_type == LibC.SCM_RIGHTS;
        return hasDescriptor ? new FuseChannel(new SafeFileHandle(control.descriptor, ownsHandle: true)) : Errno.ENODEV;
    }

    public void Dispose()
    {
        _ours.Dispose();
        _childs.Dispose();
    }

    private static Errno LastError() => (Errno)Marshal.GetLastPInvokeError();
}
