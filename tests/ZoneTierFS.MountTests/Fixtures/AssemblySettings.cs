using System.Runtime.Versioning;
using Xunit;

[assembly: SupportedOSPlatform("linux")]

// Mounts are a resource of the whole machine, and two cores serve tests and servers alike: one test at a time.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
