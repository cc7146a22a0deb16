namespace ZoneTierFS.Benchmarks.Measuring;

/// <summary>A folder to measure in.</summary>
/// <param name="Daemon">The process that serves it, where it is not the kernel alone.</param>
internal sealed record Place(string Folder, DaemonProcess? Daemon);
