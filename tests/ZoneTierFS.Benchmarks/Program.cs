using System.CommandLine;
using ZoneTierFS.Benchmarks.Clients;
using ZoneTierFS.Benchmarks.Models;
using ZoneTierFS.Benchmarks.Null;
using ZoneTierFS.Benchmarks.Suites;
using ZoneTierFS.Benchmarks.Suites.Fuse;
using ZoneTierFS.Benchmarks.Suites.Scale;

RootCommand root = new("Measures ZoneTierFS against its peers, and makes the models that it is measured with.")
{
    ClientCommand.Create(),
    MakeModelCommand.Create(),
    MainJobCommand.Create(),
    DeviceCommand.Create(),
    FuseCommand.Create(),
    ScaleCommand.Create(),
    NullMountCommand.Create(),
};
return root.Parse(args).Invoke();
