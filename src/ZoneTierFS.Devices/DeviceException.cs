using ZoneTierFS.Linux;

namespace ZoneTierFS.Devices;

/// <summary>A device did not do what it was asked. <see cref="Error"/> is what the kernel said, or would have said of a real device.</summary>
public sealed class DeviceException : IOException
{
    public DeviceException(Errno error, string message) : base(message) => Error = error;

    public Errno Error { get; }
}
