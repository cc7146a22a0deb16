using System.CommandLine;
using ZoneTierFS.Benchmarks.Clients;
using ZoneTierFS.Benchmarks.Models;
using ZoneTierFS.Benchmarks.Suites;

RootCommand root = new("Measures ZoneTierFS against its peers, and makes the models that it is measured with.")
{
    ClientCommand.Create(),
    MakeModelCommand.Create(),
    MainJobCommand.Create(),
    DeviceCommand.Create(),
};
return root.Parse(args).Invoke();
