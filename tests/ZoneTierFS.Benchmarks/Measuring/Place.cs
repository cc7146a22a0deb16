namespace ZoneTierFS.Benchmarks.Measuring;

/// <summary>A folder to measure in.</summary>
/// <param name="Name">What is measured there, for messages and tables.</param>
/// <param name="Daemon">The process that serves it, where it is not the kernel alone.</param>
/// <param name="Backing">Folder whose files the daemon shows, where it reads them through the page cache; it must be as cold as the place itself.</param>
/// <param name="MayRefuse">Whether a workload that cannot run here is left out instead of ending the measurement.</param>
internal sealed record Place(string Name, string Folder, DaemonProcess? Daemon, string? Backing = null, bool MayRefuse = false);
