using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace ZoneTierFS.Linux;

/// <summary>
/// An open /dev/fuse: one read takes one request, one write gives one reply. Several threads may use one channel, but each is faster with a clone of its
/// own. When the last channel of a connection is closed, the kernel ends the connection.
/// </summary>
public sealed unsafe class FuseChannel : IDisposable
{
    public const string DevicePath = "/dev/fuse";

    private readonly SafeFileHandle _handle;
    private bool _waits = true;

    internal FuseChannel(SafeFileHandle handle) => _handle = handle;

    /// <summary>The number that mount(2) wants as "fd=".</summary>
    internal int Descriptor => (int)_handle.DangerousGetHandle();

    /// <summary>Opens the device; the channel works once it is mounted or cloned into.</summary>
    public static Result<FuseChannel> Open()
    {
        while (true)
        {
            var descriptor = LibC.open(DevicePath, LibC.O_RDWR | LibC.O_CLOEXEC, 0);
            if (descriptor >= 0)
                return new FuseChannel(new SafeFileHandle(descriptor, ownsHandle: true));
            var error = LastError();
            if (error != Errno.EINTR)
                return error;
        }
    }

    /// <summary>Opens another channel to the same mounted connection; its requests are answered on the channel that read them.</summary>
    public Result<FuseChannel> Clone()
    {
        var opened = Open();
        if (!opened.IsOk)
            return opened;
        var connection = (uint)Descriptor;
        if (LibC.ioctl(opened.Value._handle, LibC.FUSE_DEV_IOC_CLONE, &connection) == 0)
            return opened;
        var error = LastError();
        opened.Value.Dispose();
        return error;
    }

    /// <summary>Whether <see cref="Read"/> waits for a request, as it does at first, or says EAGAIN when there is none.</summary>
    public Errno SetWaiting(bool waits)
    {
        if (_waits == waits)
            return Errno.Ok;
        if (LibC.fcntl(_handle, LibC.F_SETFL, LibC.O_RDWR | (waits ? 0 : LibC.O_NONBLOCK)) < 0)
            return LastError();
        _waits = waits;
        return Errno.Ok;
    }

    /// <summary>Waits for one request and reads it whole. ENODEV: unmounted; ENOENT, EINTR and EAGAIN: nothing was taken, read again.</summary>
    /// <param name="into">At least 8192 bytes, and 80 more than the longest write.</param>
    public Result<int> Read(Span<byte> into)
    {
        fixed (byte* start = into)
        {
            var count = LibC.read(_handle, start, (nuint)into.Length);
            return count >= 0 ? (int)count : LastError();
        }
    }

    /// <summary>Gives one whole reply. ENOENT: the request was interrupted or the connection ended, and nobody waits for it any more.</summary>
    public Errno Write(ReadOnlySpan<byte> reply)
    {
        fixed (byte* start = reply)
        {
            while (LibC.write(_handle, start, (nuint)reply.Length) < 0)
            {
                if (LastError() is var error && error != Errno.EINTR)
                    return error;
            }
            return Errno.Ok;
        }
    }

    public void Dispose() => _handle.Dispose();

    private static Errno LastError() => (Errno)Marshal.GetLastPInvokeError();
}
