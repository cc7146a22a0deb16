using System.Diagnostics;
using System.Globalization;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Fuse;

/// <summary>The set-user-ID helper fusermount3, that mounts and unmounts for users without privilege.</summary>
internal static class FuserMount
{
    private const string Program = "fusermount3";

    /// <summary>Where the helper finds the socket over which it hands back the open /dev/fuse.</summary>
    private const string SocketVariable = "_FUSE_COMMFD";

    /// <param name="options">Mount options, comma separated.</param>
    public static FuseChannel Mount(string directory, string options)
    {
        var created = DescriptorSocket.Create();
        if (!created.IsOk)
            throw new FuseMountException($"No socket for {Program} could be made: {created.Error}.", created.Error);
        using var socket = created.Value;
        using var helper = Start(["-o", options, "--", directory], socket.ChildDescriptor);
        socket.ChildStarted();
        var received = socket.Receive();
        var complaint = Finish(helper);
        if (received.IsOk)
            return received.Value;
        throw new FuseMountException($"{Program} did not mount {directory}: {complaint}", received.Error);
    }

    public static Errno Unmount(string directory, bool lazy)
    {
        using var helper = Start(lazy ? ["-u", "-z", "--", directory] : ["-u", "--", directory], socketDescriptor: null);
        var complaint = Finish(helper);
        if (helper.ExitCode == 0)
            return Errno.Ok;
        return complaint.Contains("busy", StringComparison.OrdinalIgnoreCase) ? Errno.EBUSY : Errno.EPERM;
    }

    private static Process Start(string[] arguments, int? socketDescriptor)
    {
        var start = new ProcessStartInfo(Program, arguments) { RedirectStandardError = true };
        if (socketDescriptor is { } number)
            start.Environment[SocketVariable] = number.ToString(CultureInfo.InvariantCulture);
        try
        {
            return Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception missing)
        {
            throw new FuseMountException($"{Program} could not be started ({missing.Message}). Install the package fuse3, or mount as root.", Errno.ENOENT);
        }
    }

    private static string Finish(Process helper)
    {
        var complaint = helper.StandardError.ReadToEnd().Trim();
        helper.WaitForExit();
        return complaint;
    }
}
