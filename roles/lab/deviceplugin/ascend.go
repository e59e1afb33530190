package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	api "k8s.io/kubelet/pkg/apis/deviceplugin/v1beta1"
)

const (
	npu           = "huawei.com/Ascend910"
	ascendVersion = "26.1.0"
)

type ascendOptions struct {
	logFile, healthzAddress                                 string
	healthz, volcano, preset, mixedInsert, dockerDeprecated bool
	shareCount                                              int
}

// parseAscend knows the flags of one version of MindCluster's plugin; an unknown flag ends the process, as upstream.
func parseAscend(version string, arguments []string, handling flag.ErrorHandling) (*ascendOptions, error) {
	options := &ascendOptions{}
	flags := flag.NewFlagSet("device-plugin", handling)
	flags.StringVar(&options.logFile, "logFile", "/var/log/mindx-dl/devicePlugin/devicePlugin.log", "log file")
	flags.BoolVar(&options.healthz, "enable-healthz", false, "serve a health check")
	flags.StringVar(&options.healthzAddress, "healthz-address", "11251", "its port")
	flags.BoolVar(&options.volcano, "volcanoType", false, "allocation by Volcano")
	flags.BoolVar(&options.preset, "presetVirtualDevice", true, "static virtual devices")
	flags.BoolVar(&options.mixedInsert, "use310PMixedInsert", false, "310P cards of several kinds")
	flags.IntVar(&options.shareCount, "shareDevCount", 1, "containers that share a device")
	for _, name := range []string{
		"fdFlag", "autoStowing", "checkCachedPods", "dealWatchHandler", "enableSlowNode", "useSingleDieMode",
		"getPodFromKubelet",
	} {
		flags.Bool(name, false, "accepted, without meaning for simulated devices")
	}
	for _, name := range []string{
		"hotReset", "listWatchPeriod", "linkdownTimeout", "thirdPartyScanDelay", "deviceResetTimeout", "logLevel",
		"maxAge", "maxBackups",
	} {
		flags.Int(name, 0, "accepted, without meaning for simulated devices")
	}
	flags.String("softShareDevConfigDir", "", "accepted, without meaning for simulated devices")
	if before261(version) {
		flags.BoolVar(&options.dockerDeprecated, "useAscendDocker", true, "removed in 26.1")
	}
	return options, flags.Parse(arguments)
}

// before261 says whether a version is 26.0 or one of the older 5.x to 7.x.
func before261(version string) bool {
	major, rest, _ := strings.Cut(version, ".")
	number, err := strconv.Atoi(major)
	return err == nil && (number < 26 || number == 26 && strings.HasPrefix(rest, "0"))
}

func (o *ascendOptions) check() error {
	switch {
	case !o.preset && !o.volcano:
		return errors.New("presetVirtualDevice=false needs volcanoType=true")
	case o.mixedInsert && (o.volcano || o.shareCount > 1):
		return errors.New("use310PMixedInsert excludes volcanoType and shareDevCount")
	case o.shareCount < 1 || o.shareCount > 100:
		return fmt.Errorf("shareDevCount %d is not between 1 and 100", o.shareCount)
	}
	return nil
}

// runAscend behaves as MindCluster's device-plugin. Invalid combinations end it with status 0 after an error line.
func runAscend(ctx context.Context, arguments []string) error {
	version := os.Getenv("SIM_VERSION")
	if version == "" {
		version = ascendVersion
	}
	options, err := parseAscend(version, arguments, flag.ExitOnError)
	if err != nil {
		return err
	}
	if err := logTo(options.logFile); err != nil {
		return err
	}
	if err := options.check(); err != nil {
		log.Printf("error: %v", err)
		return nil
	}
	devices, err := newInventory("ascend")
	if err != nil {
		return err
	}
	if devices.count == 0 {
		return errors.New("no Ascend device on this node")
	}
	if options.healthz {
		go serveHealth(options.healthzAddress)
	}
	go labelNode(ctx, version)
	return serve(ctx, devices, []resource{ascendResource(devices, options.shareCount)}, nil)
}

// logTo needs the directory to exist, as upstream does: before 26.1 nobody makes it for the plugin.
func logTo(path string) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o640)
	if err != nil {
		return fmt.Errorf("log file: %w", err)
	}
	log.SetOutput(io.MultiWriter(os.Stderr, file))
	return nil
}

func ascendResource(devices inventory, shares int) resource {
	units := []unit{}
	for number := range devices.count {
		units = append(units, unit{fmt.Sprintf("Ascend910-%d", number), number})
	}
	return resource{name: npu, units: divide(units, shares), allocate: ascendAllocate(devices)}
}

// ascendAllocate sets the variable where the Ascend runtime says it is there, and hands out device nodes elsewhere.
func ascendAllocate(devices inventory) func([]string) (*api.ContainerAllocateResponse, error) {
	return func(ids []string) (*api.ContainerAllocateResponse, error) {
		numbers := make([]string, 0, len(ids))
		answer := &api.ContainerAllocateResponse{}
		for _, id := range ids {
			device, _, _ := strings.Cut(id, "::")
			number := strings.TrimPrefix(device, "Ascend910-")
			if _, err := strconv.Atoi(number); err != nil {
				return nil, fmt.Errorf("unknown device %q", id)
			}
			numbers = append(numbers, number)
			if devices.hasNodes() {
				answer.Devices = append(answer.Devices, deviceNode("davinci"+number))
			}
		}
		if devices.hasNodes() {
			for _, name := range []string{"davinci_manager", "devmm_svm", "hisi_hdc"} {
				answer.Devices = append(answer.Devices, deviceNode(name))
			}
		}
		if os.Getenv("ASCEND_DOCKER_RUNTIME") == "True" {
			answer.Envs = map[string]string{"ASCEND_VISIBLE_DEVICES": strings.Join(numbers, ",")}
		}
		return answer, nil
	}
}

func serveHealth(port string) {
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	server := &http.Server{Addr: ":" + port, Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	log.Printf("health check: %v", server.ListenAndServe())
}

// ascendLabels are what the plugin writes on its node; 26.1 began with the first two.
func ascendLabels(version string) map[string]any {
	labels := map[string]any{
		"node.kubernetes.io/npu.chip.name": "910B3",
		"mind-cluster/npu-chip-memory":     "64G",
	}
	if !before261(version) {
		labels["accelerator"] = "huawei-Ascend910"
		labels["huawei.com/driver.version"] = "25.5.0"
	}
	return labels
}

func labelNode(ctx context.Context, version string) {
	cluster, err := inCluster()
	if err == nil {
		err = cluster.labelNode(ctx, os.Getenv("NODE_NAME"), ascendLabels(version))
	}
	if err != nil {
		log.Printf("node labels: %v", err)
	}
}
