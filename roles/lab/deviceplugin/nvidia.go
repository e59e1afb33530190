package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"syscall"
	"time"

	api "k8s.io/kubelet/pkg/apis/deviceplugin/v1beta1"
)

const gpu = "nvidia.com/gpu"

// runNvidia behaves as nvidia-device-plugin: a SIGHUP (from the config-manager) makes it read its configuration anew.
func runNvidia(ctx context.Context, arguments []string) error {
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	for ctx.Err() == nil {
		config, err := loadNvidiaConfig(arguments)
		if err != nil {
			return err
		}
		devices, err := newInventory("nvidia")
		if err != nil {
			return err
		}
		if devices.count == 0 {
			if config.failOnInitError() {
				return errors.New("no NVIDIA device on this node, and failOnInitError is true")
			}
			log.Print("no NVIDIA device on this node: waiting")
			select {
			case <-ctx.Done():
			case <-hangup:
			}
			continue
		}
		profiles, err := migProfiles(migSlices())
		if err != nil {
			return err
		}
		if err := mpsDaemon(config, profiles); err != nil {
			log.Printf("failed to start: %v; again in %v", err, mpsRetry)
			select {
			case <-ctx.Done():
			case <-hangup:
			case <-time.After(mpsRetry):
			}
			continue
		}
		if err := serve(ctx, devices, nvidiaResources(config, devices, profiles), hangup); err != nil {
			return err
		}
		log.Print("configuration changed: starting again")
	}
	return ctx.Err()
}

// migSlices is what the simulated mig-manager made of the node's devices, or what SIM_MIG says.
func migSlices() string {
	if text, err := os.ReadFile(filepath.Join(api.DevicePluginPath, "simulated", "mig")); err == nil {
		return strings.TrimSpace(string(text))
	}
	return os.Getenv("SIM_MIG")
}

// migProfiles reads the slices of every device: "1g.10gb=2,3g.40gb=1".
func migProfiles(text string) (map[string]int, error) {
	profiles := map[string]int{}
	for _, entry := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' }) {
		profile, number, _ := strings.Cut(entry, "=")
		count, err := strconv.Atoi(number)
		if err != nil {
			return nil, fmt.Errorf("SIM_MIG: want PROFILE=N, not %q", entry)
		}
		profiles[profile] = count
	}
	return profiles, nil
}

// nvidiaResources decides what is advertised: whole devices or MIG slices, divided as sharing says.
func nvidiaResources(config *nvidiaConfig, devices inventory, profiles map[string]int) []resource {
	whole := map[string][]unit{}
	strategy := config.Flags.MigStrategy
	for number := range devices.count {
		if len(profiles) == 0 || strategy == "" || strategy == "none" {
			whole[gpu] = append(whole[gpu], unit{fmt.Sprintf("GPU-51e00000-0000-0000-0000-%012d", number), number})
			continue
		}
		for profile, count := range profiles {
			name := gpu
			if strategy == "mixed" {
				name = "nvidia.com/mig-" + strings.ReplaceAll(profile, "+", ".")
			}
			for slice := range count {
				id := fmt.Sprintf("MIG-51e00000-%s-%d-%d", profile, number, slice)
				whole[name] = append(whole[name], unit{id, number})
			}
		}
	}
	resources := make([]resource, 0, len(whole))
	for name, units := range whole {
		replicas, shared, one := config.share(name)
		resources = append(resources, resource{
			name: shared, units: divide(units, replicas), allocate: nvidiaAllocate(devices, units, one, config.sharesByMPS()),
		})
	}
	sort.Slice(resources, func(a, b int) bool { return resources[a].name < resources[b].name })
	return resources
}

func divide(units []unit, replicas int) []unit {
	if replicas == 1 {
		return units
	}
	shares := make([]unit, 0, len(units)*replicas)
	for _, one := range units {
		for replica := range replicas {
			shares = append(shares, unit{fmt.Sprintf("%s::%d", one.id, replica), one.number})
		}
	}
	return shares
}

func nvidiaAllocate(
	devices inventory, units []unit, one, mps bool,
) func([]string) (*api.ContainerAllocateResponse, error) {
	numbers := map[string]int{}
	for _, each := range units {
		numbers[each.id] = each.number
	}
	return func(ids []string) (*api.ContainerAllocateResponse, error) {
		if one && len(ids) > 1 {
			return nil, fmt.Errorf("request for %d: maximum request size for shared resources is 1", len(ids))
		}
		answer := &api.ContainerAllocateResponse{}
		visible, given := []string{}, map[string]bool{}
		for _, id := range ids {
			device, _, _ := strings.Cut(id, "::")
			if given[device] {
				continue
			}
			given[device] = true
			visible = append(visible, device)
			if devices.hasNodes() {
				answer.Devices = append(answer.Devices, deviceNode(fmt.Sprintf("nvidia%d", numbers[device])))
			}
		}
		if devices.hasNodes() {
			answer.Devices = append(answer.Devices, deviceNode("nvidiactl"), deviceNode("nvidia-uvm"))
		}
		answer.Envs = map[string]string{"NVIDIA_VISIBLE_DEVICES": strings.Join(visible, ",")}
		if mps {
			mpsClient(answer)
		}
		return answer, nil
	}
}
