namespace ZoneTierFS.Engine;

/// <summary>A volume cannot be formatted, opened or closed as asked. The message says what is wrong and how to mend it.</summary>
public sealed class VolumeException : Exception
{
    public VolumeException(VolumeFault fault, string message) : base(message) => Fault = fault;

    public VolumeException(VolumeFault fault, string message, Exception cause) : base(message, cause) => Fault = fault;

    public VolumeFault Fault { get; }
}
